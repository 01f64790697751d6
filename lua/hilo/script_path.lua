--- script_path.lua: scripts by the names that they have in hilo's own folder, wherever one is: `hilo experiments/s4gan.lua`.

local function is_there(path)
   local file = io.open(path)
   if file then file:close() end
   return file ~= nil
end

--- Where a script lies: at the path itself, or else below hilo's folder; the path as it was where it lies at neither.
---@param path string
---@param root string hilo's folder, ends in '/'
---@return string
return function(path, root)
   if path:sub(1, 1) == '/' or is_there(path) or not is_there(root .. path) then return path end
   return root .. path
end
