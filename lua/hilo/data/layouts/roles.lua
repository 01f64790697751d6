--- data/layouts/roles.lua: words that folders and file names have for pictures and for label maps.
local roles = {}

local function set_of(text)
   local set = {}
   for word in text:gmatch('%S+') do set[word] = true end
   return set
end

--- Folders of pictures, in small letters.
roles.images = set_of [[images image imgs img jpegimages pictures picture photos photo rgb input inputs pics jpgs jpg leftimg8bit
   701_stillsraw_full]]

--- Folders of label maps.
roles.labels = set_of [[masks mask labels label annotations annotation annots annot gt gts groundtruth ground_truth ground-truth
   segmentation segmentations segmentationclass segmentationclassaug seg segs targets target gtfine labelmaps label_maps label-maps
   labeledapproved_full]]

local parts = set_of 'train training val valid validation test testing dev'

--- What a folder's name says: 'train_masks' and 'trainannot' hold label maps of the part train.
---@param name string
---@return 'image'|'label'|nil role, string? part
function roles.of_folder(name)
   local low = name:lower()
   if roles.images[low] then return 'image' end
   if roles.labels[low] then return 'label' end
   for part in pairs(parts) do
      if low:sub(1, #part) == part then
         local word = low:sub(#part + 1):gsub('^[_%-%.]', '')
         if roles.images[word] then return 'image', part end
         if roles.labels[word] then return 'label', part end
      end
      if low:sub(-#part) == part then -- masks_train
         local word = low:sub(1, -#part - 1):gsub('[_%-%.]$', '')
         if roles.images[word] then return 'image', part end
         if roles.labels[word] then return 'label', part end
      end
   end
   return nil
end

local joined = {ground_truth = 'groundtruth', label_map = 'labelmap', label_maps = 'labelmaps'}

--- What the words in a folder's name say: 'original_images' holds pictures, 'RGB_color_image_masks' label maps.
---@param name string
---@return 'image'|'label'|nil role, string? part
function roles.of_words(name)
   local role, part
   local low = name:lower():gsub('[%s%-%.]', '_')
   for from, to in pairs(joined) do low = low:gsub(from, to) end
   for word in low:gmatch('%a+') do
      if parts[word] then part = word end
      if roles.labels[word] then role = 'label' elseif roles.images[word] then role = role or 'image' end
   end
   return role, part
end

--- Beginnings of pictures' and label maps' names that number them: img_12.jpg and mask_12.png.
roles.image_prefixes = set_of 'img image images im rgb pic picture photo frame input x'
roles.label_prefixes = set_of 'mask masks label labels lab gt seg segmentation annotation annot target groundtruth y'

--- A name without the word of a list that it begins with.
---@param stem string
---@param prefixes table<string, boolean>
---@return string?
function roles.without_prefix(stem, prefixes)
   local above, last = stem:match('^(.*/)([^/]+)$')
   last = last or stem
   local word, mark, rest = last:match('^(%a+)([_%-%. ]?)(.+)$')
   if not word or not prefixes[word:lower()] or mark == '' and not rest:match('^%d') then return nil end
   return (above or '') .. rest
end

--- Endings of label maps' names, the more fitting first where a picture has several.
roles.label_suffixes = {
   '_gtFine_labelTrainIds', '_gtFine_labelIds', '_gtCoarse_labelIds', '_labelTrainIds', '_labelIds', '_labels', '_label', '_masks',
   '_mask', '_gt', '_groundtruth', '_ground_truth', '_segmentation', '_segs', '_seg', '_annotation', '_annot', '_target', '_L', '_M',
   '_manual1', '_json_label',
}

--- Endings of pictures' names that their label maps lack.
roles.image_suffixes = {'_leftImg8bit', '_image', '_img', '_rgb', '_sat', '_input', '_photo', '_pic', '_im'}

-- '_mask' stands for '-mask', '.mask' and ' mask' too, whatever the letters' size where there is more than one letter
local function ends_with(stem, suffix)
   local tail = stem:sub(-#suffix)
   if #stem <= #suffix then return false end
   local mark = tail:sub(1, 1)
   if mark ~= '_' and mark ~= '-' and mark ~= '.' and mark ~= ' ' then return false end
   local a, b = tail:sub(2):gsub('[%-%. ]', '_'), suffix:sub(2):gsub('[%-%. ]', '_')
   return a == b or #b > 1 and a:lower() == b:lower()
end

--- A name without the suffix it ends with, of a list.
---@param stem string
---@param suffixes string[]
---@return string? stem, integer? rank place of the suffix in the list
function roles.without(stem, suffixes)
   for rank, suffix in ipairs(suffixes) do
      if ends_with(stem, suffix) then return stem:sub(1, -#suffix - 1), rank end
   end
   return nil
end

return roles
