--- prompt/show/iterm2.lua: a picture by iTerm2's inline images, which WezTerm takes too.
local base64 = require 'hilo.io.base64'
local canvas = require 'hilo.prompt.show.canvas'

---@param picture Tensor (3,H,W) byte
---@return string
return function(picture)
   local png = canvas.png(picture)
   return ('\27]1337;File=inline=1;size=%d;preserveAspectRatio=1:%s\7'):format(#png, base64.encode(png))
end
