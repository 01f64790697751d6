--- prompt/objects.lua: what objects of hilo are, in a few lines: networks, data sets, splits, loaders, runs.
local nets = require 'hilo.prompt.nets'

local function count(t)
   local n = 0
   for _ in pairs(t) do n = n + 1 end
   return n
end

local function set_text(x)
   local parts = {}
   for _, name in ipairs(require 'hilo.keys'(x.parts or {})) do parts[#parts + 1] = ('%s %d'):format(name, #x.parts[name]) end
   local classes = table.concat(x.classes, ', ')
   if #classes > 200 then classes = classes:sub(1, 200) .. ' ...' end
   return ('data set %s, layout %s: %d pictures, %d with label maps%s\n%d classes: %s; void is %d'):format(x.root, x.layout, #x.names,
      count(x.labels), #parts > 0 and ('; parts: ' .. table.concat(parts, ', ')) or '', #x.classes, classes, x.void)
end

local function names_text(list)
   local shown = {}
   for i = 1, math.min(4, #list) do shown[i] = list[i] end
   return table.concat(shown, ', ') .. (#list > 4 and ', ...' or '')
end

local function split_text(x)
   local lines = {}
   for i, part in ipairs {'labelled', 'unlabelled', 'val'} do
      lines[i] = ('  %-10s %5d  %s'):format(part, #x[part], names_text(x[part]))
   end
   return 'split of a data set\n' .. table.concat(lines, '\n')
end

local function loader_text(x)
   return ('loader of %d pictures%s: batches of %d, %d in one pass, on %s'):format(#x.names, x.labels and ' with label maps' or '',
      x.batch, x:batches_per_epoch(), x.on.name)
end

local function is_of(x, module)
   local class = package.loaded[module]
   return class ~= nil and getmetatable(x) == class
end

--- The text of an object of hilo; nil where it is none of these.
---@param x table
---@param paint fun(style: string, text: string): string
---@param room integer? columns that a tree may take
---@return string?
return function(x, paint, room)
   if nets.is_module(x) then return nets.tree(x, paint, room) end
   local meta = getmetatable(x)
   local plain = type(meta) ~= 'table' or not rawget(meta, '__tostring')
   if not plain then return nil end
   if is_of(x, 'hilo.data.set') then return set_text(x) end
   if is_of(x, 'hilo.data.loader') then return loader_text(x) end
   if is_of(x, 'hilo.train.run') then
      return ('run %s in %s, device %s, seed %s'):format(x.options.name, x.path, tostring(x.options.device), tostring(x.options.seed))
   end
   if rawget(x, 'labelled') and rawget(x, 'unlabelled') and rawget(x, 'val') then return split_text(x) end
end
