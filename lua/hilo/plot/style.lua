--- plot/style.lua: colours, dashes and fonts.
---
--- Lines differ in colour first, then in dashes. The colours are Okabe and Ito's for colour-blind readers, the light ones darkened and
--- black left out, so that each is seen on white and on black.
local style = {}

style.colours = {'#0072b2', '#d55e00', '#009e73', '#b8579a', '#8c6d00', '#3c9fd8', '#7f7f7f'}
style.dashes = {'1', '(12,5)', '(3,4)', '(12,4,3,4)', '(20,5)'}
style.points = {7, 5, 9, 13, 11, 4, 6}

--- Values as colours: blue to orange through grey, seen on white and on black; 'fill' is for areas.
style.scales = {
   line = {'#2f6fc4', '#6a87ad', '#8d8d8d', '#bf8350', '#e2701a'},
   fill = {'#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962', '#addc30', '#fde725'},
}

--- Colour number i, from 1, round and round.
---@param i integer
---@return string
function style.colour(i) return style.colours[(i - 1) % #style.colours + 1] end

--- What gnuplot says for line i: colour, dashes, points.
---@param i integer
---@param colour? string
---@param width? number
---@return string
function style.line(i, colour, width)
   local dash = style.dashes[math.floor((i - 1) / #style.colours) % #style.dashes + 1]
   return ("lt %d lc rgb '%s' dt %s lw %g pt %d ps 0.5"):format((i - 1) % 7 + 1, colour or style.colour(i), dash, width or 1.6,
      style.points[(i - 1) % #style.points + 1])
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
