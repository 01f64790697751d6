--- completion/runs.lua: names of runs and sweeps.
local folder = require 'hilo.data.folder'

local runs = {}

local function listed(path) return folder.is_folder(path) and folder.list(path) or {} end

--- The runs in a folder, and the folders that hold others, with '/' behind them: those of sweeps.
---@param path string of all runs
---@param begin string of the name; after its last '/' names below that folder
---@return string[]
function runs.names(path, begin)
   local above = begin:match '^.*/' or ''
   local list = {}
   for _, name in ipairs(listed(path .. '/' .. above)) do
      local at = ('%s/%s%s'):format(path, above, name)
      if require 'hilo.report.run_data'.is_run(at) then
         list[#list + 1] = above .. name
      elseif folder.is_folder(at) then
         list[#list + 1] = above .. name .. '/'
      end
   end
   return list
end

--- The sweeps of a store.
---@param path string
---@return string[]
function runs.sweeps(path)
   if not folder.is_file(path) then return {} end
   local ok, store = pcall(require 'hilo.sweep.store'.open, path)
   if not ok then return {} end
   local names = store:names()
   store:close()
   return names
end

return runs
