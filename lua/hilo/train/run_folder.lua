--- train/run_folder.lua: where a finished run lies.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'

--- The folder of a run that was named by its path, or by its name below the folder of all runs.
---@param name string
---@param runs string
---@return string path
return function(name, runs)
   for _, path in ipairs {name, runs .. '/' .. name} do
      if folder.is_file(path .. '/options.json') then return (path:gsub('(.)/+$', '%1')) end
   end
   local what = folder.is_folder(name) and 'the folder %s holds no options.json, so it is no run'
      or "there is no run '%s', neither a folder of that name nor one in %s; runs=... names another folder"
   core.raise(what:format(name, runs))
end
