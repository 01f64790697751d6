--- data/known/voc_colours.lua: PASCAL VOC's colours: bit b of red, green and blue of colour i are bits 3(7-b), 3(7-b)+1 and
--- 3(7-b)+2 of i.
local voc_colours = {}

--- The first n of them, one after another.
---@param n integer 0..256
---@return integer[] rgb 3n numbers 0..255
function voc_colours.rgb(n)
   local rgb = {}
   for i = 0, n - 1 do
      local colour = {0, 0, 0}
      for k = 0, 7 do
         for channel = 1, 3 do
            if math.floor(i / 2 ^ (3 * k + channel - 1)) % 2 == 1 then colour[channel] = colour[channel] + 2 ^ (7 - k) end
         end
      end
      for channel = 1, 3 do rgb[3 * i + channel] = colour[channel] end
   end
   return rgb
end

--- The same as a table of colours: that of class i is colour i.
---@param n integer
---@return integer[][] {r, g, b, class}
function voc_colours.table(n)
   local rgb, list = voc_colours.rgb(n), {}
   for i = 0, n - 1 do list[i + 1] = {rgb[3 * i + 1], rgb[3 * i + 2], rgb[3 * i + 3], i} end
   return list
end

return voc_colours
