--- data/saved_split.lua: the parts that another run used, from its folder.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'

local check = core.check

local function of_run(path, name)
   local file = ('%s/%s.json'):format(path, name)
   return folder.is_file(file) and json.load(file) or nil
end

local function check_names(set, names, part, path, root)
   local absent, bare = {}, {}
   for _, name in ipairs(names) do
      if not set.images[name] then
         absent[#absent + 1] = name
      elseif part ~= 'unlabelled' and not set:label(name) then
         bare[#bare + 1] = name
      end
   end
   check(#absent == 0, "data.split: %d of the %d %s images of %s are not in %s, the first is '%s'; the set of that run was %s", #absent,
      #names, part, path, set.root, absent[1], root or 'another')
   check(#bare == 0, "data.split: %d of the %d %s images of %s have no label map in %s, the first is '%s'", #bare, #names, part, path,
      set.label_folder, bare[1])
end

--- Parts of a run whose set holds the same pictures.
---@param set DataSet
---@param path string the run's folder
---@param found Findings
---@return Split split, string how told how the run came to it
return function(set, path, found)
   local split = of_run(path, 'split')
   check(split, 'data.split: there is no %s/split.json; it takes the name of a run, of this or another script', path)
   local options, classes = of_run(path, 'options') or {}, of_run(path, 'classes')
   for _, part in ipairs {'labelled', 'unlabelled', 'val'} do
      check(type(split[part]) == 'table', '%s/split.json: it has no list "%s"', path, part)
      check_names(set, split[part], part, path, options.data and options.data.root)
   end
   if classes and table.concat(classes.classes or {}, '\n') ~= table.concat(set.classes, '\n') then
      found:add('classes', 'warning', 'the run whose parts are taken had other classes',
         'its scores are not comparable; see data.classes', ('%s/classes.json'):format(path))
   end
   local data = options.data or {}
   local told = (data.split or '') ~= '' and 'data.split=' .. data.split or data.labelled and 'data.labelled=' .. data.labelled
   return split, ('of %s%s'):format(path, told and (' (%s, seed=%s)'):format(told, tostring(options.seed)) or '')
end
