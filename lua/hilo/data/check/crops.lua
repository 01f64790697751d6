--- data/check/crops.lua: pictures so much larger than the crops that a network never sees how their parts belong together, and crops
--- so much larger than the pictures that most of what it sees is padding.
local crops = {}

local least_share = 1 / 30 -- of a picture, in a crop
local least_fill = 1 / 4   -- of a crop, by most of the pictures
local wanted = 2           -- sides of a crop that the shorter side of a reduced picture has

-- The share of a picture that a crop shows, both in pixels; 1 at most.
local function share(picture, crop, size)
   return math.min(1, crop[1] / (picture.height * size)) * math.min(1, crop[2] / (picture.width * size))
end

local function sides(picture) return ('%s, %d x %d pixels'):format(picture.path, picture.width, picture.height) end

-- Notes crops that most pictures fill less than a quarter of.
local function check_padding(pictures, crop, size, found)
   local n, small, h, w = 0, {}, 0, 0
   for _, picture in pairs(pictures) do
      n, h, w = n + 1, math.max(h, math.floor(picture.height * size)), math.max(w, math.floor(picture.width * size))
      local fill = share({height = crop[1], width = crop[2]}, {picture.height * size, picture.width * size}, 1)
      if fill < least_fill then small[#small + 1] = ('%s, fills %.2g %%'):format(sides(picture), 100 * fill) end
   end
   table.sort(small)
   local title = ('pictures that fill little of a crop of %dx%d, the rest is padding'):format(crop[1], crop[2])
   local mend = ('crop=%d,%d has the height and width of the largest that were looked at'):format(h, w)
   for _, case in ipairs(2 * #small > n and small or {}) do found:add('padding', 'warning', title, mend, case) end
end

--- Notes pictures of which a crop shows less than a thirtieth, such as photographs as cameras make them, and crops of padding.
---@param pictures table<string, {path: string, height: integer, width: integer}> by name
---@param crop integer[] height and width, or the side of a square, in pixels of the reduced picture
---@param size number the factor by which pictures are reduced
---@param found Findings
function crops.check(pictures, crop, size, found)
   crop = {crop[1], crop[2] or crop[1]}
   local shorter, large = math.huge, {}
   for _, picture in pairs(pictures) do
      if share(picture, crop, size) < least_share then
         large[#large + 1] = picture
         shorter = math.min(shorter, picture.height, picture.width)
      end
   end
   check_padding(pictures, crop, size, found)
   table.sort(large, function(a, b) return a.path < b.path end)
   local mend = ('data.size=%.2g reduces them'):format(math.min(1, wanted * math.max(crop[1], crop[2]) / shorter))
   for _, picture in ipairs(large) do
      found:add('crops', 'warning', ('pictures of which a crop of %dx%d shows little'):format(crop[1], crop[2]), mend,
         ('%s, of which %.1g %%'):format(sides(picture), 100 * share(picture, crop, size)))
   end
end

return crops
