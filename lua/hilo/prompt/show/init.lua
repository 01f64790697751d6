--- prompt/show/init.lua: show(x): pictures at the prompt, as well as the terminal can.
local canvas = require 'hilo.prompt.show.canvas'
local core = require 'hilo.core'
local content = require 'hilo.prompt.show.content'
local legend = require 'hilo.prompt.show.legend'
local terminal = require 'hilo.prompt.show.terminal'

local show = {}

local writers = {
   kitty = function(picture) return require('hilo.prompt.show.kitty')(picture) end,
   iterm2 = function(picture) return require('hilo.prompt.show.iterm2')(picture) end,
   sixel = function(picture) return require('hilo.prompt.show.sixel')(picture) end,
   blocks = function(picture) return require('hilo.prompt.show.blocks')(picture) end,
}

-- How wide and high a picture may be, in its own pixels. A line stays for the prompt.
local function room(how, columns)
   if how == 'blocks' then return columns, 2 * math.max(8, math.min(40, terminal.rows() - 1)) end
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

-- Errors unless the options are what the comment above show.show declares. The session is no argument of what is typed.
local function check_options(options)
   local declared = require('hilo.checked.declaration').of(show.show, {'show'})
   local place = declared and declared.n
   if not declared or options == nil or declared[place].kind.test(options) then return end
   declared.written = 'x, options'
   require 'hilo.checked.failure'('show', declared, place, options)
end

--- Shows images, label maps with a legend, maps of scores, filters, batches and files, as well as the terminal can; where it shows no
--- pictures, as a PNG.
---
---     show(hilo.rand(3, 20, 30))                      -- (3,H,W), (N,3,H,W): bytes, floats of 0..1, others stretched to what they hold
---     show(hilo.zeros({9, 9}, {dtype = 'byte'}))      -- (H,W), (N,H,W) bytes: a label map in its colours
---     show(hilo.rand(9, 9))                           -- (H,W), (C,H,W), (N,1,H,W) floats: small is dark, large bright
---     show(nn.SpatialConvolution(3, 8, 5, 5))         -- filters
---     show 'street.jpg'
---     show(open 'mine':worst(2))                      -- pictures beside their labels; loader:next() likewise
---@param session Session
---@param x Tensor|Module|string|table
---@param options? {classes: string[]?, palette: integer[]?, as: 'image'|'labels'|'scores'|nil,
--- how: 'kitty'|'iterm2'|'sixel'|'blocks'|'file'|nil, to: string?} palette: r, g, b, r, ...; how: the terminal's way if not given; to:
--- the file's name
---@return string? path of the PNG, where the terminal shows no pictures
function show.show(session, x, options)
   check_options(options)
   options = options or {}
   local how = options.to and 'file' or options.how or terminal.way()
   local width, height = room(how, session:width())
   local given = setmetatable({aspect = how ~= 'file' and width / height or nil}, {__index = options})
   local pixels, lines = content.of(x, given)
   local path
   if how == 'file' then
      path = options.to or canvas.file()
      require('hilo.io.image').save(path, pixels)
   else
      io.write(writers[how](canvas.fitted(pixels, width, height)), '\n')
   end
   for _, line in ipairs(legend(lines, session.colour, session:width())) do session:say('%s', line) end
   if path then return path end
end

return show
