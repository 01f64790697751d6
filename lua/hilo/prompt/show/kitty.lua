--- prompt/show/kitty.lua: a picture by kitty's graphics protocol: a PNG in base64, in pieces of 4096 characters.
local base64 = require 'hilo.io.base64'
local canvas = require 'hilo.prompt.show.canvas'

local piece = 4096

---@param picture Tensor (3,H,W) byte
---@return string
return function(picture)
   local data, parts = base64.encode(canvas.png(picture)), {}
   for from = 1, #data, piece do
      local more = from + piece <= #data and 1 or 0
      local head = from == 1 and ('f=100,a=T,m=%d'):format(more) or ('m=%d'):format(more)
      parts[#parts + 1] = ('\27_G%s;%s\27\\'):format(head, data:sub(from, from + piece - 1))
   end
   return table.concat(parts)
end
