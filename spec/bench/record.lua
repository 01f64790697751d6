--- record.lua: looks at the calls that a step makes of its device's library: how long each takes, and how long it takes again and
--- again on copies of its tensors.
local ffi = require 'ffi'
local core = require 'hilo.core'
local timing = require 'spec.bench.timing'

local record = {}

local dtype_names = {[0] = 'f32', 'f64', 'u8', 'i32', 'i64', 'bf16'}
local dtype_bytes = {[0] = 4, 8, 1, 4, 8, 2}

-- ---- the prototypes of core/hilo.h ----

---@class Prototype
---@field name string
---@field params {name: string, kind: 'tensor'|'list'|'number'|'other', type: string}[]
---@field computes boolean takes tensors

local function parameter(text)
   local type, name = text:match '^%s*(.-)([%w_]+)%s*$'
   type = type:gsub('%s+$', '')
   local kind = 'other'
   if type == 'hl_tensor *' or type == 'const hl_tensor *' then
      kind = 'tensor'
   elseif type == 'hl_tensor *const *' then
      kind = 'list'
   elseif not type:find '*' then
      kind = 'number'
   end
   return {name = name, kind = kind, type = type}
end

--- The functions that the header declares.
---@param text? string of the header; that of core/hilo.h if not given
---@return table<string, Prototype>
function record.prototypes(text)
   if not text then
      local file = assert(io.open(core.root .. 'core/hilo.h'))
      text = file:read '*a'
      file:close()
   end
   text = text:gsub('/%*.-%*/', ' '):gsub('\n#[^\n]*', '\n')
   local list = {}
   for name, arguments in text:gmatch '[%s%*](hl_[%w_]+)%s*%(([^()]*)%)%s*;' do
      local p = {name = name, params = {}, computes = false}
      for argument in arguments:gmatch '[^,]+' do
         if argument:find '%S' and not argument:find '^%s*void%s*$' then
            local parsed = parameter(argument)
            p.params[#p.params + 1] = parsed
            p.computes = p.computes or parsed.kind == 'tensor' or parsed.kind == 'list'
         end
      end
      list[name] = p
   end
   return list
end

-- ---- what a call must move and compute ----

-- What is read and written: 2 passes over memory, not one.
local twice = {
   hl_conv2d_back = {dw = true, db = true}, hl_conv2d_sum_back = {dw = true, db = true},
   hl_batch_norm = {running_mean = true, running_var = true}, hl_batch_norm_back = {dgamma = true, dbeta = true},
   hl_sgd = {w = true, v = true}, hl_adam = {w = true, m = true, v = true}, hl_ema = {t = true}, hl_scale_list = {g = true},
}

local function is_null(x) return x == nil end -- NULL compares equal to nil

-- What a pointer points at; a struct stands for itself.
local function target(ctype, x) return ffi.istype(ctype, x) and x or x[0] end

local function elements(t)
   local n = t.ndim > 0 and 1 or 0
   for d = 0, t.ndim - 1 do n = n * tonumber(t.size[d]) end
   return n
end

-- Elements that memory holds for it: what broadcasts counts once.
local function distinct(t)
   local n = t.ndim > 0 and 1 or 0
   for d = 0, t.ndim - 1 do
      if t.stride[d] ~= 0 then n = n * tonumber(t.size[d]) end
   end
   return n
end

-- Calls visit(t, parameter) for each tensor of a call.
local function each_tensor(p, arguments, visit)
   local count
   for i, param in ipairs(p.params) do
      local value = arguments[i]
      if param.kind == 'number' and param.name == 'n' then count = tonumber(value) end
      if not is_null(value) then
         if param.kind == 'tensor' then
            visit(value, param)
         elseif param.kind == 'list' then
            for k = 0, count - 1 do
               if not is_null(value[k]) then visit(value[k], param) end
            end
         end
      end
   end
end

--- Bytes that a call must read and write, each input and output once.
---@param p Prototype
---@param arguments table
---@return number
function record.bytes(p, arguments)
   local sum, both = 0, twice[p.name] or {}
   each_tensor(p, arguments, function(t, param)
      sum = sum + distinct(t) * dtype_bytes[t.dtype] * (both[param.name] and 2 or 1)
   end)
   return sum
end

local function named(p, arguments)
   local t = {}
   for i, param in ipairs(p.params) do
      if not is_null(arguments[i]) then t[param.name] = arguments[i] end
   end
   return t
end

local function dim(t, d) return tonumber(t.size[d]) end

-- Multiply-adds of a convolution that makes y with w, counted twice.
local function of_convolution(y, w) return 2 * elements(y) * dim(w, 1) * dim(w, 2) * dim(w, 3) end

local flops = {
   hl_matmul = function(t) return 2 * elements(t.c) * dim(t.a, t.a.ndim - 1) end,
   hl_conv2d = function(t) return of_convolution(t.y, t.w) end,
   hl_conv2d_back = function(t) return of_convolution(t.dy, t.w) * ((t.dx and 1 or 0) + (t.dw and 1 or 0)) end,
   hl_conv2d_sum = function(t)
      local sum = 0
      for i = 0, tonumber(t.n) - 1 do sum = sum + of_convolution(t.y, t.w[i]) end
      return sum
   end,
   hl_conv2d_sum_back = function(t)
      local sum = 0
      for i = 0, tonumber(t.n) - 1 do
         local wants = (t.dx and 1 or 0) + (t.dw and not is_null(t.dw[i]) and 1 or 0)
         sum = sum + of_convolution(t.dy, t.w[i]) * wants
      end
      return sum
   end,
}

--- Floating point operations of a product or convolution; nil for what moves more than it computes.
---@param p Prototype
---@param arguments table
---@return number?
function record.flops(p, arguments) return flops[p.name] and flops[p.name](named(p, arguments)) end

-- ---- a call in words ----

local fields = {
   hl_conv = {'stride_h', 'stride_w', 'pad_h', 'pad_w', 'dil_h', 'dil_w', 'groups'},
   hl_norm = {'training', 'relu'},
   hl_pool = {'kernel_h', 'kernel_w', 'stride_h', 'stride_w', 'pad_h', 'pad_w'},
}

local function shape(t)
   local sizes, dense = {}, 1
   for d = 0, t.ndim - 1 do sizes[d + 1] = dim(t, d) end
   local layout = ''
   for d = t.ndim - 1, 0, -1 do
      if dim(t, d) > 1 and tonumber(t.stride[d]) ~= dense then layout = ':strided' end
      dense = dense * dim(t, d)
   end
   if layout ~= '' and t.ndim == 4 and tonumber(t.stride[1]) == 1 and tonumber(t.stride[3]) == dim(t, 1) then layout = ':last' end
   return table.concat(sizes, 'x') .. ':' .. dtype_names[t.dtype] .. layout
end

--- Text that tells calls of different cost apart.
---@param p Prototype
---@param arguments table
---@return string
function record.describe(p, arguments)
   local words = {p.name:sub(4)}
   local count
   for i, param in ipairs(p.params) do
      local value = arguments[i]
      if param.kind == 'number' then
         if param.name == 'n' then count = tonumber(value) end
         if param.type ~= 'double' then words[#words + 1] = ('%s=%d'):format(param.name, tonumber(value)) end
      elseif not is_null(value) then
         if param.kind == 'tensor' then
            words[#words + 1] = param.name .. '=' .. shape(value)
         elseif param.kind == 'list' then
            local sum = 0
            for k = 0, count - 1 do sum = sum + (is_null(value[k]) and 0 or elements(value[k])) end
            words[#words + 1] = ('%s=%d elements'):format(param.name, sum)
         else
            local ctype = param.type:match 'hl_%w+'
            for _, field in ipairs(fields[ctype] or {}) do
               words[#words + 1] = field .. '=' .. tonumber(target(ctype, value)[field])
            end
         end
      end
   end
   return table.concat(words, ' ')
end

-- ---- watching ----

--- Does f() while around(prototype, call, ...) stands for each computing call of the device's library; it must return call(...).
---@param device Device
---@param around fun(p: Prototype, call: function, ...): integer
---@param f function
function record.watch(device, around, f)
   local lib, prototypes, wrapped = device.lib, record.prototypes(), {}
   device.lib = setmetatable({}, {lib = lib, __index = function(_, name)
      local p = prototypes[name]
      if not (p and (p.computes or name == 'hl_download' or name == 'hl_upload')) then return lib[name] end
      wrapped[name] = wrapped[name] or function(...) return around(p, lib[name], ...) end
      return wrapped[name]
   end})
   local ok, message = pcall(f)
   device.lib = lib
   if not ok then error(message, 0) end
end

-- ---- a call again and again, on copies of its tensors ----

local pointer = ffi.new 'void *[1]'

local function take(lib, bytes)
   if lib.hl_alloc(pointer, bytes, 0) ~= 0 then error(ffi.string(lib.hl_error()), 0) end
   return pointer[0]
end

local function address(p) return tonumber(ffi.cast('uintptr_t', p)) end

local function extent(t)
   if elements(t) == 0 then return 0 end
   local last = 0
   for d = 0, t.ndim - 1 do last = last + (dim(t, d) - 1) * tonumber(t.stride[d]) end
   return (last + 1) * dtype_bytes[t.dtype]
end

local function bytes_view(device, data, bytes)
   local t = ffi.new 'hl_tensor'
   t.data, t.dtype, t.device, t.ndim = data, ffi.C.HL_U8, device.id, 1
   t.size[0], t.stride[0] = bytes, 1
   return t
end

-- The arguments with every tensor in memory of its own; what shared memory still does. kept: what must live as long.
local function copied(device, lib, p, arguments, kept)
   local spans, homes = {}, {}
   each_tensor(p, arguments, function(t)
      local at = address(t.data)
      spans[at] = math.max(spans[at] or 0, extent(t))
   end)
   for at, bytes in pairs(spans) do
      if bytes > 0 then
         local home = take(lib, bytes)
         kept.blocks[#kept.blocks + 1], homes[at] = home, home
         if lib.hl_copy(bytes_view(device, home, bytes), bytes_view(device, ffi.cast('void *', at), bytes)) ~= 0 then
            error(ffi.string(lib.hl_error()), 0)
         end
      end
   end
   local function moved(t)
      local copy = ffi.new('hl_tensor', t)
      copy.data = homes[address(t.data)]
      kept[#kept + 1] = copy
      return copy
   end
   local list, count = {n = #p.params}, nil
   for i, param in ipairs(p.params) do
      local value = arguments[i]
      if param.kind == 'number' and param.name == 'n' then count = tonumber(value) end
      if is_null(value) then
         list[i] = nil
      elseif param.kind == 'tensor' then
         list[i] = moved(target('hl_tensor', value))
      elseif param.kind == 'list' then
         local views = ffi.new('hl_tensor *[?]', math.max(1, count))
         for k = 0, count - 1 do
            if not is_null(value[k]) then views[k] = moved(value[k][0]) end
         end
         list[i], kept[#kept + 1] = views, views
      else
         list[i] = value
      end
   end
   return list
end

--- Milliseconds of one call among many without a wait between. Copies of the tensors take turns until they fill `rotate` bytes, more
--- than a card's cache holds.
---@param device Device with its own library
---@param p Prototype
---@param call function of the library
---@param arguments table
---@param options {rotate: number, seconds: number, rounds: integer}
---@return number? ms, string? reason why it cannot be told
function record.time(device, p, call, arguments, options)
   local lib, kept = device.lib, {blocks = {}}
   local function once(list)
      if call(unpack(list, 1, list.n)) ~= 0 then error(ffi.string(lib.hl_error()), 0) end
   end
   local function wait()
      if lib.hl_synchronize() ~= 0 then error(ffi.string(lib.hl_error()), 0) end
   end
   local ok, result = pcall(function()
      local total = 0
      each_tensor(p, arguments, function(t) total = total + distinct(t) * dtype_bytes[t.dtype] end)
      local copies = math.max(1, math.min(64, math.ceil(options.rotate / math.max(1, total))))
      local turns = {}
      for i = 1, copies do turns[i] = copied(device, lib, p, arguments, kept) end
      for i = 1, math.max(2, copies) do once(turns[(i - 1) % copies + 1]) end
      wait()
      local start = timing.now()
      for i = 1, copies do once(turns[i]) end
      wait()
      local repeats = math.max(copies, math.ceil(options.seconds / math.max(1e-7, (timing.now() - start) / copies)))
      local times = {}
      for round = 1, options.rounds do
         start = timing.now()
         for i = 1, repeats do once(turns[(i - 1) % copies + 1]) end
         wait()
         times[round] = (timing.now() - start) * 1000 / repeats
      end
      return timing.median(times)
   end)
   for _, block in ipairs(kept.blocks) do lib.hl_free(block) end
   if ok then return result end
   return nil, tostring(result)
end

return record
