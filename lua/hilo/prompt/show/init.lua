--- prompt/show/init.lua: show(x): pictures at the prompt, as well as the terminal can.
---
---     show(images)                      (3,H,W), (N,3,H,W): bytes, floats of 0..1, others stretched to what they hold
---     show(labels)                      (H,W), (N,H,W) bytes: a label map in its colours, with a legend
---     show(scores)                      (H,W), (C,H,W), (N,1,H,W) floats: small is dark, large bright; with its range
---     show(net.backbone.conv1)          filters
---     show 'street.jpg'                 a file
---     show(loader:next())               a batch; show(run:worst(8)): pictures beside their labels
local canvas = require 'hilo.prompt.show.canvas'
local core = require 'hilo.core'
local content = require 'hilo.prompt.show.content'
local terminal = require 'hilo.prompt.show.terminal'

local show = {}

local writers = {
   kitty = function(picture) return require('hilo.prompt.show.kitty')(picture) end,
   iterm2 = function(picture) return require('hilo.prompt.show.iterm2')(picture) end,
   sixel = function(picture) return require('hilo.prompt.show.sixel')(picture) end,
   blocks = function(picture) return require('hilo.prompt.show.blocks')(picture) end,
}

-- How wide and high a picture may be, in its own pixels.
local function room(how, columns)
   if how == 'blocks' then return columns, 2 * 40 end
   return 10 * columns, 700
end

--- The bytes of a PNG as the terminal shows them.
---@param bytes string
---@return string
function show.png(bytes)
   local path, how = canvas.file(), terminal.way()
   require('hilo.io.file').write(path, function(write) write(bytes) end)
   local pixels = require('hilo.io.image').load(path, {as = 'rgb'})
   os.remove(path)
   local columns = core.host.hl_host_terminal_width(1)
   return writers[how](canvas.fitted(pixels, room(how, columns > 0 and columns or 80)))
end

--- Shows pictures.
---@param session Session
---@param x Tensor|Module|string|table
---@param options? {classes: string[]?, palette: integer[]?, as: 'image'|'labels'|'scores'|nil,
--- how: 'kitty'|'iterm2'|'sixel'|'blocks'|'file'|nil, to: string?} palette: r, g, b, r, ...; how: the terminal's way if not given; to:
--- the file's name
---@return string? path of the PNG, where the terminal shows no pictures
function show.show(session, x, options)
   options = options or {}
   local pixels, lines = content.of(x, options)
   local how = options.to and 'file' or options.how or terminal.way()
   local path
   if how == 'file' then
      path = options.to or canvas.file()
      require('hilo.io.image').save(path, pixels)
   else
      io.write(writers[how](canvas.fitted(pixels, room(how, session:width()))), '\n')
   end
   for _, line in ipairs(lines) do session:say('%s', content.legend_line(line, session.colour)) end
   if path then return path end
end

return show
