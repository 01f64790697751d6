--- prompt/show/terminal.lua: which pictures the terminal takes, as far as its environment tells.
local colour = require 'hilo.prompt.colour'
local core = require 'hilo.core'
local ffi = require 'ffi'

ffi.cdef 'int ioctl(int fd, unsigned long request, ...);'

local WINDOW_SIZE = 0x5413 -- TIOCGWINSZ of Linux

local terminal = {}

--- Lines of the terminal, 24 where it does not tell.
---@return integer
function terminal.rows()
   local size = ffi.new 'unsigned short[4]' -- rows, columns, and two more
   return ffi.C.ioctl(1, WINDOW_SIZE, size) == 0 and size[0] > 0 and size[0] or 24
end

local function has(name, text) return (os.getenv(name) or ''):lower():find(text, 1, true) ~= nil end

--- The way of showing pictures: HILO_PICTURES where it is set; 'file' where there is no terminal, or one that is dumb or has no true
--- colour, or where NO_COLOR wants none.
---@return 'kitty'|'iterm2'|'sixel'|'blocks'|'file'
function terminal.way()
   local told = os.getenv('HILO_PICTURES')
   if told and told ~= '' then
      core.check(({kitty = 1, iterm2 = 1, sixel = 1, blocks = 1, file = 1})[told],
         'HILO_PICTURES must be kitty, iterm2, sixel, blocks or file, got %s', told)
      return told
   end
   if core.host.hl_host_terminal_width(1) == 0 or has('TERM', 'dumb') then return 'file' end
   if not os.getenv('TMUX') then -- which lets none of these through
      if os.getenv('KITTY_WINDOW_ID') or has('TERM', 'kitty') or has('TERM_PROGRAM', 'ghostty') then return 'kitty' end
      if has('TERM_PROGRAM', 'iterm') or has('TERM_PROGRAM', 'wezterm') or has('LC_TERMINAL', 'iterm2') then return 'iterm2' end
      if has('TERM', 'sixel') or has('TERM', 'mlterm') or has('TERM', 'foot') then return 'sixel' end
   end
   local coloured = has('COLORTERM', 'truecolor') or has('COLORTERM', '24bit') or has('TERM', 'direct')
   return coloured and colour.wanted(1) and 'blocks' or 'file'
end

return terminal
