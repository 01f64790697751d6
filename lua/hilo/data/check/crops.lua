--- data/check/crops.lua: pictures so much larger than the crops that a network never sees how their parts belong together.
local crops = {}

local least_share = 1 / 30 -- of a picture, in a crop
local wanted = 2           -- sides of a crop that the shorter side of a reduced picture has

-- The share of a picture that a crop shows, both in pixels; 1 at most.
local function share(picture, crop, size)
   return math.min(1, crop[1] / (picture.height * size)) * math.min(1, crop[2] / (picture.width * size))
end

--- Notes pictures of which a crop shows less than a thirtieth, such as photographs as cameras make them.
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
   table.sort(large, function(a, b) return a.path < b.path end)
   local mend = ('data.size=%.2g reduces them'):format(math.min(1, wanted * math.max(crop[1], crop[2]) / shorter))
   for _, picture in ipairs(large) do
      found:add('crops', 'warning', ('pictures of which a crop of %dx%d shows little'):format(crop[1], crop[2]), mend,
         ('%s, %d x %d pixels, of which %.1g %%'):format(picture.path, picture.width, picture.height, 100 * share(picture, crop, size)))
   end
end

return crops
