--- train/tagged.lua: the image-level tags that a run learns from: read at its start and saved in its folder, read back when it is
--- continued.
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local tags = require 'hilo.data.tags'

---@class RunTags
---@field path string of the file
---@field known string[] classes that it tells
---@field names string[] pictures that train with tags
---@field rows table<string, number[]> name -> one number a class: 1 present, 0 absent, -1 not known

---@param run Run
---@param set DataSet
---@param split Split
---@return RunTags? nil where data.tags is ''
return function(run, set, split)
   local path, o = run:file('tags.json'), run.options
   if o.data.tags == '' then return nil end
   if o.resume and folder.is_file(path) then return json.load(path) end
   local all = tags.read(set, o.data.tags)
   local used = {path = all.path, known = all.known, names = all:outside(split), rows = {}}
   for _, name in ipairs(used.names) do used.rows[name] = all.rows[name] end
   run:record('tags.json', used)
   for _, warning in ipairs(all.warnings) do run:say('warning: ' .. warning) end
   run:say(('trains with image-level tags too: %d images of %s, which tells %d of %d classes'):format(#used.names, all.path, #all.known,
      #set.classes))
   return used
end
