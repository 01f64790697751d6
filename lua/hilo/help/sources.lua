--- help/sources.lua: the source files that `require 'hilo'` reads from.
local folder = require 'hilo.data.folder'

local function paths_below(path, list)
   for _, name in ipairs(folder.list(path)) do
      local full = path .. '/' .. name
      if name:match('%.lua$') then
         list[#list + 1] = full
      elseif folder.is_folder(full) then
         paths_below(full, list)
      end
   end
   return list
end

---@return string[] paths
---@return string root the folder of hilo's files
return function()
   local root = debug.getinfo(1, 'S').source:match('^@(.*)/help/sources%.lua$')
   return paths_below(root, {}), root
end
