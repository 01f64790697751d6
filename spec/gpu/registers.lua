--- registers.lua: what ptxas said of each kernel when the CUDA library was compiled: registers, spills, shared memory.
---
---    luajit spec/gpu/registers.lua <folder with *.ptxas> [JSON=file]
---
--- A line a kernel template, the most of all its instances and architectures. Spills and the stack are bytes a thread; what a stack
--- holds beside spills is arrays that are indexed by numbers known at run time only.
local registers = {}

local function demangled(names)
   local list = os.tmpname()
   local file = assert(io.open(list, 'w'))
   file:write(table.concat(names, '\n'), '\n')
   file:close()
   local pipe = assert(io.popen('c++filt <' .. list))
   local plain, i = {}, 0
   for line in pipe:lines() do
      i = i + 1
      plain[names[i]] = line
   end
   pipe:close()
   os.remove(list)
   return plain
end

--- 'void (anonymous namespace)::axpy<float, hl_walk<2> >(float*)' -> 'axpy'
---@param name string demangled
---@return string
function registers.template(name)
   local text = name:gsub('%(anonymous namespace%)::', ''):gsub('^void ', '')
   return text:match '^[%w_:~]+' or text
end

--- The kernels that the text of a compilation tells of.
---@param text string what nvcc -Xptxas -v writes
---@return {name: string, arch: string, registers: integer, stack: integer, stores: integer, loads: integer, shared: integer}[]
function registers.parse(text)
   local list, kernel = {}, nil
   for line in text:gmatch '[^\n]+' do
      local name, arch = line:match "Compiling entry function '([^']+)' for '([^']+)'"
      if name then
         kernel = {name = name, arch = arch, registers = 0, stack = 0, stores = 0, loads = 0, shared = 0}
         list[#list + 1] = kernel
      elseif line:find 'Function properties' and kernel and not line:find(kernel.name, 1, true) then
         kernel = nil -- a function that is called, its own figures
      elseif kernel then
         local stack, stores, loads = line:match '(%d+) bytes stack frame, (%d+) bytes spill stores, (%d+) bytes spill loads'
         if stack then kernel.stack, kernel.stores, kernel.loads = tonumber(stack), tonumber(stores), tonumber(loads) end
         local used = line:match 'Used (%d+) registers'
         if used then
            kernel.registers = tonumber(used)
            kernel.shared = tonumber(line:match '(%d+) bytes smem' or 0)
            kernel = nil
         end
      end
   end
   return list
end

--- One row for each template of each source file, the largest figures of its instances, by registers.
---@param kernels table[] of parse, each with its `file`
---@param plain table<string, string> demangled names
function registers.summary(kernels, plain)
   local rows, by_key = {}, {}
   for _, k in ipairs(kernels) do
      local template = registers.template(plain[k.name])
      local key = k.file .. ' ' .. template
      local row = by_key[key]
      if not row then
         row = {file = k.file, template = template, instances = 0, registers = 0, stack = 0, stores = 0, loads = 0, shared = 0}
         by_key[key], rows[#rows + 1] = row, row
      end
      row.instances = row.instances + 1
      for _, field in ipairs {'registers', 'stack', 'stores', 'loads', 'shared'} do row[field] = math.max(row[field], k[field]) end
   end
   table.sort(rows, function(a, b)
      if a.registers ~= b.registers then return a.registers > b.registers end
      return a.file .. a.template < b.file .. b.template
   end)
   return rows
end

local function read(folder)
   local kernels = {}
   local pipe = assert(io.popen(("ls '%s'/*.ptxas 2>/dev/null"):format(folder)))
   for path in pipe:lines() do
      local file = assert(io.open(path))
      for _, k in ipairs(registers.parse(file:read '*a')) do
         k.file = path:match '([^/]+)%.ptxas$'
         kernels[#kernels + 1] = k
      end
      file:close()
   end
   pipe:close()
   return kernels
end

local function main(folder, json)
   local kernels = read(folder)
   if #kernels == 0 then
      io.stderr:write(('registers: %s holds no *.ptxas of kernels; build the library with `make cuda` first\n'):format(folder))
      os.exit(1)
   end
   local names = {}
   for i, k in ipairs(kernels) do names[i] = k.name end
   local plain = demangled(names)
   local rows = registers.summary(kernels, plain)
   local layout = '%-14s %-34s %9s %9s %7s %8s %8s %8s'
   print(layout:format('file', 'kernel', 'instances', 'registers', 'stack', 'stores', 'loads', 'shared'))
   for _, r in ipairs(rows) do
      print(layout:format(r.file, r.template, r.instances, r.registers, r.stack, r.stores, r.loads, r.shared))
   end
   local spilling, stacked = {}, {}
   for _, k in ipairs(kernels) do
      if k.stores + k.loads > 0 then spilling[#spilling + 1] = k elseif k.stack > 0 then stacked[#stacked + 1] = k end
   end
   print(('\n%d kernels of %d templates; at most %d registers; %d spill, %d have a stack without spilling'):format(#kernels, #rows,
      rows[1].registers, #spilling, #stacked))
   for _, k in ipairs(spilling) do
      print(('spills %d bytes out, %d in, %s, %s: %s'):format(k.stores, k.loads, k.arch, k.file, plain[k.name]))
   end
   for _, k in ipairs(stacked) do print(('stack of %d bytes, %s, %s: %s'):format(k.stack, k.arch, k.file, plain[k.name])) end
   if json then
      local file = assert(io.open(json, 'w'))
      file:write(require 'cjson'.encode {kernels = #kernels, spilling = #spilling, rows = rows}, '\n')
      file:close()
   end
end

if arg and arg[0] and arg[0]:find 'registers%.lua$' then
   local folder, json
   for _, a in ipairs(arg) do
      local path = a:match '^JSON=(.*)$'
      if path then json = path else folder = a end
   end
   if not folder then
      io.stderr:write 'registers: expects the folder where the objects lie, as in build/cuda/cuda\n'
      os.exit(1)
   end
   main(folder, json)
end

return registers
