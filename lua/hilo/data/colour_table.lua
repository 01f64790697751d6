--- data/colour_table.lua: which class a colour of a label map stands for, as worker threads take it.
local ffi = require 'ffi'
local core = require 'hilo.core'

local void, most = 255, 4096 -- HL_LABEL_COLOURS of the loader

---@class ColourTable
---@field colours ffi.cdata* uint8_t[3n], red, green, blue
---@field ids ffi.cdata* uint8_t[n], a class or void
---@field count integer n
---@field other integer of colours outside of the table: void, or -1 where they are errors
---@field class_of table<integer, integer> 0xRRGGBB -> class or void

--- The number of a colour: 0xRRGGBB.
local function number(r, g, b) return r * 65536 + g * 256 + b end

--- A table out of a list of colours.
---@param list (integer|string)[][] {r, g, b, class or 'void'}, with other = true where all further colours are void
---@return ColourTable
return function(list)
   core.check(#list <= most, 'data: a table of colours holds at most %d, this one has %d', most, #list)
   local made = {colours = ffi.new('uint8_t[?]', 3 * #list), ids = ffi.new('uint8_t[?]', #list), count = #list,
      other = list.other and void or -1, class_of = {}}
   for i, c in ipairs(list) do
      local class = c[4] == 'void' and void or c[4]
      for k = 1, 3 do made.colours[3 * (i - 1) + k - 1] = c[k] end
      made.ids[i - 1] = class
      made.class_of[number(c[1], c[2], c[3])] = class
   end
   return made
end
