--- prompt/colour.lua: colours of text, where it goes to a terminal that knows them.
local core = require 'hilo.core'

local codes = {key = '36', string = '32', number = '33', type = '35', dim = '2', error = '31', bold = '1'}

local colour = {}

--- Whether the terminal is said to take nothing but text.
---@return boolean
function colour.is_dumb() return (os.getenv('TERM') or 'dumb') == 'dumb' end

--- Whether text of a descriptor may be coloured: a terminal, which is not dumb, and no NO_COLOR (no-color.org).
---@param fd? integer 1 or 2
---@return boolean
function colour.wanted(fd)
   local no = os.getenv('NO_COLOR')
   return core.host.hl_host_terminal_width(fd or 1) > 0 and not colour.is_dumb() and (not no or no == '')
end

--- A function that colours text, or leaves it.
---@param on boolean
---@return fun(style: 'key'|'string'|'number'|'type'|'dim'|'error'|'bold', text: string): string
function colour.painter(on)
   if not on then return function(_, text) return text end end
   return function(style, text) return ('\27[%sm%s\27[0m'):format(codes[style], text) end
end

--- The text without its colours.
---@param text string
---@return string
function colour.strip(text) return (text:gsub('\27%[[%d;]*m', '')) end

return colour
