--- plot/style.lua: colours, dashes and fonts.
---
--- Lines differ in colour first, then in dashes. The colours were searched for: any two of them are at least 27 apart in CIELAB, also
--- as readers without red, green or blue cones see them (Machado, Oliveira, Fernandes 2009), and each has a contrast of 2.6 or more
--- with white and with a dark page.
local style = {}

style.colours = {'#3366ff', '#ee7700', '#00aa77', '#cc0033', '#8844aa', '#9999bb'}
style.dashes = {'1', '(12,5)', '(3,4)', '(12,4,3,4)', '(20,5)'}
style.points = {7, 5, 9, 13, 11, 6}

--- Values as colours: blue to orange through grey, seen on white and on black; 'fill' is for areas.
style.scales = {
   line = {'#3366dd', '#6b85b5', '#8d8d8d', '#c08045', '#ee7700'},
   fill = {'#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962', '#addc30', '#fde725'},
}

--- Colour number i, from 1, round and round.
---@param i integer
---@return string
function style.colour(i) return style.colours[(i - 1) % #style.colours + 1] end

--- What gnuplot says for the areas of series i: its colour.
---@param i integer
---@param colour? string
---@return string
function style.area(i, colour) return ("lt %d lc rgb '%s'"):format(i, colour or style.colour(i)) end

--- For its lines: colour and dashes.
---@param i integer
---@param colour? string
---@return string
function style.line(i, colour)
   local dash = style.dashes[math.floor((i - 1) / #style.colours) % #style.dashes + 1]
   return ('%s dt %s lw 1.6'):format(style.area(i, colour), dash)
end

--- For its points.
---@param i integer
---@return string
function style.point(i) return ('pt %d ps 0.5'):format(style.points[(i - 1) % #style.points + 1]) end

--- A place on a scale as the number that gnuplot's `rgb variable` takes.
---@param colours string[]
---@param share number 0 to 1
---@param opacity number 0 to 1
---@return number
function style.shade(colours, share, opacity)
   local at = share * (#colours - 1)
   local k = math.min(#colours - 2, math.floor(at))
   local rgb = 0
   for channel = 0, 2 do
      local function part(colour) return tonumber(colour:sub(2 + 2 * channel, 3 + 2 * channel), 16) end
      local a, b = part(colours[k + 1]), part(colours[k + 2])
      rgb = rgb * 256 + math.floor(a + (b - a) * (at - k) + 0.5)
   end
   return math.floor((1 - opacity) * 255 + 0.5) * 2 ^ 24 + rgb
end

--- A scale for `set palette`.
---@param colours string[]
---@return string
function style.palette(colours)
   local parts = {}
   for i, colour in ipairs(colours) do parts[i] = ("%d '%s'"):format(i - 1, colour) end
   return 'set palette defined (' .. table.concat(parts, ', ') .. ')'
end

return style
