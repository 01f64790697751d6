--- data/class_list.lua: names of classes, and the colours that stand for them in colour-coded label maps, out of a file or an option.
---
---     road                    a name a line, that of id 0 first; also 0: road
---     road 128 64 128         with its colour; also road,128,64,128 and 128 64 128 road; one name may have several colours
---     void 0 0 0              a colour that counts for nothing (also ignore, unlabelled, unlabeled, unknown)
---     void *                  all other colours count for nothing
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local known = require 'hilo.data.known'

local check = core.check
local class_list = {}

local nothing = {void = true, ignore = true, unlabelled = true, unlabeled = true, unknown = true}

-- Name and colour of a line; the colour is nil where it has none.
local function split_line(line)
   local name, r, g, b = line:match('^(.-)[%s,;:]+(%d+)[%s,;]+(%d+)[%s,;]+(%d+)$')
   if not name then r, g, b, name = line:match('^(%d+)[%s,;]+(%d+)[%s,;]+(%d+)[%s,;]+(.+)$') end
   if not name then return line end
   return name, tonumber(r), tonumber(g), tonumber(b)
end

-- Lines that number the classes from 0 on, '0: road' or '0,road', without their numbers and in that order.
local function without_numbers(lines, path)
   local names, first = {}, nil
   for _, line in ipairs(lines) do
      local id, name = line:match('^(%d+)%s*[:,;%s]%s*(%D.*)$')
      id = tonumber(id)
      if not id or names[id] then return lines end
      names[id], first = name, math.min(first or id, id)
   end
   if not first or first > 1 then return lines end
   for i = first, first + #lines - 1 do if not names[i] then return lines end end
   check(first == 0, 'data: %s numbers the classes from 1 on; give id 0 a line too, as in `0: background`, or leave the numbers out '
      .. 'and say data.map=zero_is_void if id 0 counts for nothing', path)
   local list = {}
   for i = 0, #lines - 1 do list[i + 1] = names[i] end
   return list
end

--- Reads a file of classes.
---@param path string
---@return string[] names, (integer|string)[][]? colours {r, g, b, class or 'void'}, nil where the file has none; other = true: all
--- further ones are void
function class_list.read(path)
   local names, colours, class_of, line_of = {}, {}, {}, {}
   local lines, numbers = folder.lines(path)
   for i, line in ipairs(without_numbers(lines, path)) do
      local name, r, g, b = split_line(line)
      local header = i == 1 and line:lower():gsub('[%s;]', ','):match('^[%a_]+,r,g,b$')
      local rest = line:match('^(%S+)%s+%*$')
      if rest and nothing[rest:lower()] then
         colours.other = true
      elseif not header and r then
         check(r <= 255 and g <= 255 and b <= 255, "data: line %d of %s: a colour is three numbers of 0..255, got '%s'", numbers[i],
            path, line)
         local key = ('%d %d %d'):format(r, g, b)
         check(not line_of[key], 'data: line %d of %s gives the colour %s again, which line %d has; one colour stands for one class',
            numbers[i], path, key, line_of[key] or 0)
         line_of[key] = numbers[i]
         local class = nothing[name:lower()] and 'void' or class_of[name]
         if not class then
            names[#names + 1] = name
            class = #names - 1
            class_of[name] = class
         end
         colours[#colours + 1] = {r, g, b, class}
      elseif not header then
         check(not class_of[name], "data: line %d of %s names '%s' again; every class has a name of its own", numbers[i], path, name)
         names[#names + 1] = name
         class_of[name] = #names - 1
      end
   end
   check(#names > 0, 'data: %s names no classes; write a name a line, that of id 0 first', path)
   check(#colours == 0 or #colours >= #names, 'data: some classes of %s have a colour and some have none', path)
   return names, #colours > 0 and colours or nil
end

--- Names for a number of classes that nobody named.
---@param n integer
---@return string[]
function class_list.unnamed(n)
   if n == 2 then return {'background', 'foreground'} end
   local names = {}
   for i = 1, n do names[i] = 'class ' .. i - 1 end
   return names
end

--- The classes that an option names or that lie in the set's folder.
---@param root string
---@param given string|string[]|nil a list of names, a file, names with commas, a number of classes, or '' for <root>/classes.txt
---@return string[]? names, (integer|string)[][]? colours, string? source for messages
function class_list.of(root, given)
   if type(given) == 'table' and #given > 0 then return given, nil, 'data.classes' end
   if type(given) == 'string' and given ~= '' then
      if given:match('^%d+$') then return class_list.unnamed(tonumber(given)), nil, 'data.classes' end
      if folder.is_file(given) then
         local names, colours = class_list.read(given)
         return names, colours, given
      end
      if known[given] and known[given].classes then return known[given].classes, nil, known[given].title end
      check(given:find(',', 1, true), 'data: classes must be a file with a class name a line, their number, their names with commas, '
         .. 'or one of %s; there is no file %s', table.concat(known.names, ', '), given)
      local names = {}
      for name in given:gmatch('[^,]+') do names[#names + 1] = name:match('^%s*(.-)%s*$') end
      return names, nil, 'data.classes'
   end
   for _, name in ipairs {'classes.txt', 'class_dict.csv', 'label_colors.txt'} do
      if folder.is_file(root .. '/' .. name) then
         local names, colours = class_list.read(root .. '/' .. name)
         return names, colours, name
      end
   end
   return nil
end

--- The colours that the option data.colours names.
---@param text string 'voc', 'cityscapes', 'camvid' or a file of names and colours
---@return (integer|string)[][] colours, string[] names
function class_list.colours(text)
   local public = known[text]
   if public and public.colours then return public.colours, public.classes end
   check(folder.is_file(text), "data.colours: there is no table '%s'; it is voc, cityscapes, camvid, or a file with lines `name r g b`",
      text)
   local names, colours = class_list.read(text)
   check(colours, 'data.colours: %s holds no colours; its lines are `name r g b`', text)
   return colours, names
end

return class_list
