--- report/images.lua: pictures inside the page.
local base64 = require 'hilo.io.base64'
local file = require 'hilo.io.file'

local images = {}

local kinds = {png = 'image/png', jpg = 'image/jpeg', jpeg = 'image/jpeg'}

--- An image file as a data URI.
---@param path string
---@return string
function images.data_uri(path)
   local kind = kinds[(path:match('%.(%w+)$') or ''):lower()] or 'application/octet-stream'
   return ('data:%s;base64,%s'):format(kind, base64.encode(file.read(path)))
end

return images
