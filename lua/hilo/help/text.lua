--- help/text.lua: entries as text for a terminal.
local checked = require 'hilo.checked'
local body = require 'hilo.help.body'
local entries = require 'hilo.help.entries'
local other_names = require 'hilo.help.other_names'
local types = require 'hilo.help.types'

local text = {}

local in_hilo = {nn = true, optim = true}

--- The name as a script writes it: hilo.conv2d, nn.Linear, Tensor:add.
---@param entry Entry
---@return string
function text.full_name(entry)
   local first = entry.name:match('^([%w_]+)')
   local of_class = first:match('^%u') and (entry.owner ~= '' or entry.kind == 'class')
   if entry.owner == 'prompt' then return entry.key end
   if entry.name == 'hilo' or in_hilo[first] or of_class then return entry.name end
   return 'hilo.' .. entry.name
end

local function parameter_names(entry)
   local names = {}
   if #entry.parameters > 0 and (not entry.written or entry.written:match('%.%.%.') or entry.written == '') then
      for i, p in ipairs(entry.parameters) do names[i] = p.optional and '[' .. p.name .. ']' or p.name end
   elseif entry.written then
      local optional = {}
      for _, p in ipairs(entry.parameters) do optional[p.name] = p.optional end
      for name in entry.written:gmatch('[%w_.]+') do
         if not (name == 'self' or entry.owner == 'Tensor' and #names == 0 and (name == 'x' or name == 'a') and entry.same_as) then
            names[#names + 1] = optional[name] and '[' .. name .. ']' or name
         end
      end
   end
   return names
end

--- hilo.conv2d(x, weight, [bias], [options]) -> Tensor
---@param entry Entry
---@return string
function text.signature(entry)
   local name = text.full_name(entry)
   if entry.kind == 'module' or entry.kind == 'value' or entry.returned or entry.kind == 'class' and not entry.written then
      return name
   end
   local results = {}
   for i, result in ipairs(entry.results) do results[i] = result.name ~= '' and result.name or result.type end
   return ('%s(%s)%s'):format(name, table.concat(parameter_names(entry), ', '),
      #results > 0 and ' -> ' .. table.concat(results, ', ') or '')
end

--- The other ways to call a function: Tensor:size() -> integer[]
---@param entry Entry
---@return string[]
function text.overloads(entry)
   local lines = {}
   for i, kind in ipairs(entry.comment and entry.comment.overloads or {}) do
      local parameters, results = types.fun(kind)
      local names = {}
      for _, p in ipairs(parameters or {}) do
         if p.name ~= 'self' then names[#names + 1] = p.optional and '[' .. p.name .. ']' or p.name end
      end
      lines[i] = ('%s(%s)%s'):format(text.full_name(entry), table.concat(names, ', '),
         results and #results > 0 and ' -> ' .. table.concat(results, ', ') or '')
   end
   return lines
end

--- Lines no wider than `width`, cut at blanks.
---@param paragraph string
---@param width integer
---@param indent string of all lines but the first
---@return string
function text.wrapped(paragraph, width, indent)
   local lines, line = {}, ''
   for word in paragraph:gmatch('%S+') do
      if line ~= '' and #line + 1 + #word > width - (#lines > 0 and #indent or 0) then
         lines[#lines + 1] = line
         line = word
      else
         line = line == '' and word or line .. ' ' .. word
      end
   end
   lines[#lines + 1] = line
   return table.concat(lines, '\n' .. indent)
end

-- Prose with its lines joined, but for those that are indented: tables and lists keep them.
local function paragraphs(out, prose, examples, width)
   local run = {}
   local function flush()
      if #run > 0 then out[#out + 1] = text.wrapped(table.concat(run, ' '), width, '') end
      run = {}
   end
   for line in (prose .. '\n'):gmatch('([^\n]*)\n') do
      local example = line:match('^\1(%d+)$')
      if example then
         flush()
         out[#out + 1] = '    ' .. examples[tonumber(example)]:gsub('\n', '\n    ')
      elseif line:match('^%s') or line == '' then
         flush()
         out[#out + 1] = line
      else
         run[#run + 1] = line
      end
   end
   flush()
end

local function described(out, title, list, width)
   if #list == 0 then return end
   out[#out + 1] = ''
   out[#out + 1] = title
   for _, one in ipairs(list) do
      local name = one.name == '' and '' or one.name .. (one.optional and '?' or '') .. '  '
      local line = name .. one.type .. (one.text ~= '' and '  ' .. one.text or '')
      out[#out + 1] = '  ' .. text.wrapped(line, width - 2, '      ')
   end
end

--- The fields that are not for use inside alone.
---@param entry Entry
---@return Described[]
function text.public_fields(entry)
   local list = {}
   for _, field in ipairs(entry.fields) do if field.name:sub(1, 1) ~= '_' then list[#list + 1] = field end end
   return list
end

local function members(out, entry, width)
   local names, owner = {}, entry.name == 'hilo' and '' or entry.name
   for _, other in ipairs(entries.all()) do
      if other.owner == owner and other ~= entry then names[#names + 1] = other.key end
   end
   if #names == 0 then return end
   out[#out + 1] = ''
   out[#out + 1] = entry.kind == 'class' and 'methods' or 'holds'
   out[#out + 1] = '  ' .. text.wrapped(table.concat(names, ', '), width - 2, '  ')
end

--- The path as it is below the folder that holds hilo/.
---@param path string
---@return string
function text.short_path(path) return path:match('(lua/hilo/.*)$') or path:match('(hilo/.*)$') or path end

-- The source of a class's constructor and of what it computes.
local function source_of_class(entry)
   local parts = {}
   for _, key in ipairs {'__init', 'updateOutput'} do
      local f = type(entry.value) == 'table' and checked.inside(rawget(entry.value, key))
      if f then
         local info = debug.getinfo(f, 'S')
         parts[#parts + 1] = body.of(info.source:sub(2), info.linedefined)
      end
   end
   return table.concat(parts, '\n')
end

--- The errors that an entry's function raises itself; of a class, those of its constructor and of updateOutput.
---@param entry Entry
---@return string[]
function text.errors(entry)
   if entry.kind == 'class' then return body.errors(source_of_class(entry), entry.name) end
   if entry.kind ~= 'function' or not entry.line or entry.declared then return {} end
   local of_module = entry.owner:match('^nn%.')
   return body.errors(body.of(entry.file, entry.line), of_module and entry.owner or entry.key)
end

--- What the prompt shows of an entry.
---@param entry Entry
---@param width integer columns
---@return string
function text.of_entry(entry, width)
   local out = {text.signature(entry), unpack(text.overloads(entry))}
   out[#out + 1] = ''
   paragraphs(out, entries.text(entry), entries.examples(entry), width)
   if not entry.comment then out[#out + 1] = 'There is no comment above its source.' end
   if entry.comment and entry.comment.type and #entry.parameters == 0 then
      described(out, 'type', {{name = '', type = entry.comment.type, text = ''}}, width)
   end
   described(out, 'parameters', entry.parameters, width)
   described(out, 'returns', entry.results, width)
   described(out, 'fields', text.public_fields(entry), width)
   if entry.kind == 'class' or entry.kind == 'module' then members(out, entry, width) end
   local errors = text.errors(entry)
   if #errors > 0 then
      out[#out + 1] = ''
      out[#out + 1] = 'errors'
      for _, message in ipairs(errors) do out[#out + 1] = '  ' .. text.wrapped(message, width - 2, '      ') end
   end
   out[#out + 1] = ''
   if entry.same_as then out[#out + 1] = 'the same as ' .. entry.same_as end
   if #entry.other_names > 0 then out[#out + 1] = 'also ' .. table.concat(entry.other_names, ', ') end
   for _, row in ipairs(other_names.of(entry)) do out[#out + 1] = row.library .. ': ' .. row.name end
   if entry.file then out[#out + 1] = ('%s:%d'):format(text.short_path(entry.file), entry.line) end
   return (table.concat(out, '\n'):gsub('\n\n\n+', '\n\n'))
end

return text
