--- io/kind.lua: whose file of weights or values it is, told by its first bytes, not by its name.
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local utf8 = require 'hilo.io.utf8'

-- A value's type, 0 to 8: in four bytes, or as text.
local function begins_as_t7(head) return head:match '^[%z\1-\8]%z%z%z' or head:match '^%s*[0-8]%s' end

--- Errors where it is none of them.
---@param path string
---@return 'pth'|'safetensors'|'t7'
return function(path)
   local head = file.read(path, 0, math.min(file.size(path), 262))
   if head:sub(9, 9) == '{' then return 'safetensors' end
   if head:sub(1, 2) == 'PK' or head:byte(1) == 0x80 or head:sub(258) == 'ustar' then return 'pth' end
   if begins_as_t7(head) then return 't7' end
   core.raise(('%s is neither .t7, .pth nor safetensors: %s'):format(path, head == '' and 'it is empty'
      or ("it begins with '%s'"):format(utf8.visible(head:sub(1, 8)))))
end
