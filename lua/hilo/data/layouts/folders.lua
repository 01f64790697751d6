--- data/layouts/folders.lua: pictures in one folder and label maps in another, as most people have them, or both in one.
---
---     images/a.jpg  masks/a.png            train/images/a.jpg  train/masks/a.png      images/train/a.jpg  labels/train/a.png
---     img/a.jpg     gt/a_label.png         train/a.png         trainannot/a.png       all/a.jpg           all/a_mask.png
---
--- A name is the path without the folders that say what a file is and without the ending. A label map belongs to the picture of its
--- name; endings such as _mask, -gt or _gtFine_labelIds do not count, nor do img_ and mask_ in front.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local roles = require 'hilo.data.layouts.roles'
local tree = require 'hilo.data.tree'

local check = core.check

-- What the folders of a path say by `of`: a role, that of label maps before that of pictures; the name without those folders; the
-- path down to the last of them. 'train/images/x/a.jpg' -> 'image', 'train/x/a', 'train/images'.
local function place(path, of)
   local words, kept, role, at = {}, {}, nil, nil
   for word in folder.stem(path):gmatch('[^/]+') do words[#words + 1] = word end
   for i = 1, #words - 1 do
      local this, part = of(words[i])
      if this and (this == 'label' or role ~= 'label') then role, at = this, i end
      kept[#kept + 1] = this and part or not this and words[i] or nil
   end
   kept[#kept + 1] = words[#words]
   return role, table.concat(kept, '/'), table.concat(words, '/', 1, at or #words - 1)
end

local function add(list, name, path, directory)
   list[#list + 1] = {name = name, path = path, directory = directory}
end

-- Files by what their folders are called, or where no folder has a usual name by the words in their names; those in folders that say
-- nothing are pictures if no others are.
local function sort_out(found)
   local by, has, plain = {}, {}, {}
   for _, of in ipairs {roles.of_folder, roles.of_words} do
      local lists, rest = {image = {}, label = {}}, {}
      for _, path in ipairs(found.images) do
         local role, name, directory = place(path, of)
         add(role and lists[role] or rest, name, path, directory)
      end
      for role, list in pairs(lists) do
         if not has[role] and #list > 0 then by[role], has[role] = list, true end
      end
      plain = #plain == 0 and rest or plain
   end
   return by.image or {}, by.label or {}, plain
end

local label_endings = {png = true, tif = true, tiff = true, bmp = true, webp = true}

-- Pictures and label maps that lie in one folder: told apart by suffix, or a.jpg by a.png.
local function apart(files, suffixes)
   local images, labels, pictures = {}, {}, {}
   for _, file in ipairs(files) do
      local base = roles.without(file.name, suffixes)
      if base then add(labels, file.name, file.path, file.directory) else pictures[#pictures + 1] = file end
   end
   if #labels > 0 then return pictures, labels end
   local jpeg = {}
   for _, file in ipairs(files) do
      if file.path:lower():match('%.jpe?g$') then jpeg[file.name] = true end
   end
   for _, file in ipairs(files) do
      local _, ending = folder.stem(file.path)
      add(jpeg[file.name] and label_endings[ending] and labels or images, file.name, file.path, file.directory)
   end
   return images, labels
end

local function by_name(root, files)
   local index, names = {}, {}
   for _, file in ipairs(files) do
      local other = index[file.name]
      check(not other, "data: two pictures in %s have one name, '%s': %s and %s; remove or rename one", root, file.name,
         other and other.path, file.path)
      index[file.name] = file
      names[#names + 1] = file.name
   end
   return index, names
end

-- Picture's name for each way in which a label map may write it.
local function keys_of(index)
   local keys = {}
   for name in pairs(index) do
      local short = roles.without(name, roles.image_suffixes)
      if short and not index[short] then keys[short] = name end
      short = roles.without_prefix(name, roles.image_prefixes)
      if short and not index[short] then keys[short] = name end
   end
   for name in pairs(index) do keys[name] = name end
   return keys
end

-- The picture of a label map: by its own name, without a known suffix or prefix, or without what follows the last marks in its name.
local function picture_of(keys, name, suffixes)
   if keys[name] then return keys[name], 0 end
   local base, rank = roles.without(name, suffixes)
   if base and keys[base] then return keys[base], rank end
   local rest = roles.without_prefix(name, roles.label_prefixes)
   if rest and keys[rest] then return keys[rest], #suffixes + 2 end
   local short = name
   for _ = 1, 3 do
      short = short:match('^(.+)[_%-%.][^_%-%./]+$')
      if not short then return nil end
      if keys[short] then return keys[short], #suffixes + 1, name:sub(#short + 1) end
   end
   return nil
end

-- An ending that no list knows counts where at least half of the label maps have it.
local function frequent(labels, keys, suffixes)
   local counts = {}
   for _, file in ipairs(labels) do
      local _, _, unknown = picture_of(keys, file.name, suffixes)
      if unknown then counts[unknown] = (counts[unknown] or 0) + 1 end
   end
   return function(suffix) return 2 * counts[suffix] >= #labels end
end

local function pair(root, index, labels, suffixes)
   local keys, of, rank_of, alone = keys_of(index), {}, {}, {}
   local usual = frequent(labels, keys, suffixes)
   for _, file in ipairs(labels) do
      local name, rank, unknown = picture_of(keys, file.name, suffixes)
      if name and unknown and not usual(unknown) then name = nil end
      if not name then
         alone[#alone + 1] = file
      elseif not of[name] or rank < rank_of[name] then
         of[name], rank_of[name] = file, rank
      else
         check(rank ~= rank_of[name], "data: the picture '%s' in %s has two label maps, %s and %s; name their ending, as in "
            .. 'data.suffix=_mask, or move one away', name, root, of[name].path, file.path)
      end
   end
   return of, alone
end

local function last_word(name) return name:match('[^/]+$') end

-- The same by the last word of each name, for pictures and label maps at different depths: images/a.jpg, annotations/trimaps/a.png.
local function pair_by_last(root, index, labels, suffixes)
   local by_last, full, cut, of = {}, {}, {}, {}
   for name, file in pairs(index) do
      local last = last_word(name)
      by_last[last] = by_last[last] == nil and file or false -- false: there are several
      full[last] = name
   end
   for last, file in pairs(by_last) do by_last[last] = file or nil end
   for _, file in ipairs(labels) do add(cut, last_word(file.name), file.path, file.directory) end
   local found, alone = pair(root, by_last, cut, suffixes)
   for last, file in pairs(found) do of[full[last]] = file end
   return of, alone
end

local function only_with(labels, suffix)
   local list = {}
   for _, file in ipairs(labels) do
      if file.name:sub(-#suffix) == suffix then list[#list + 1] = file end
   end
   return list
end

local function directories(files)
   local seen, list = {}, {}
   for _, file in ipairs(files) do
      if not seen[file.directory] then
         seen[file.directory] = true
         list[#list + 1] = file.directory
      end
   end
   table.sort(list)
   local more = #list > 3 and (' and %d more'):format(#list - 3) or ''
   return #list == 1 and list[1] == '' and 'the folder itself' or table.concat(list, ', ', 1, math.min(3, #list)) .. more
end

local function file_lists(root)
   for _, name in ipairs {'ImageSets/Segmentation', 'ImageSets', 'lists', 'splits', 'split'} do
      if folder.is_folder(root .. '/' .. name) then return root .. '/' .. name end
   end
   return root
end

-- Why pictures and label maps do not come together.
local function note(found, images, labels, suffix)
   if #images > 0 and #labels > 0 then
      tree.note(found, ("no label map has the name of a picture: pictures are called '%s', label maps '%s'"):format(images[1].path,
         labels[1].path))
   elseif #images > 0 then
      tree.note(found, ('there are %d pictures, in %s, and no label maps%s'):format(#images, directories(images),
         suffix ~= '' and (' whose names end in %s'):format(suffix) or ' in a folder such as masks/ or labels/'))
   elseif #labels > 0 then
      tree.note(found, ('there are %d label maps, in %s, and no pictures in a folder such as images/'):format(#labels,
         directories(labels)))
   end
   return nil
end

local folders = {}

--- What a set in this layout holds, nil where no picture has a label map.
---@param found Tree
---@param options {suffix: string?} suffix: the label maps' ending, where there are several
---@return table? fields of the set
function folders.read(found, options)
   local suffix = options.suffix or ''
   local suffixes = suffix ~= '' and {suffix} or roles.label_suffixes
   local images, labels, plain = sort_out(found)
   local one = false
   if #images == 0 and #labels > 0 then images = plain end
   if #labels == 0 then
      images, labels = apart(#images > 0 and images or plain, suffixes)
      one = true
   end
   if suffix ~= '' then labels = only_with(labels, suffix) end
   if #images == 0 or #labels == 0 then return note(found, images, labels, suffix) end
   local root = found.root
   local index, names = by_name(root, images)
   local of, alone = pair(root, index, labels, suffixes)
   if next(of) == nil then of, alone = pair_by_last(root, index, labels, suffixes) end
   if next(of) == nil then return note(found, images, labels, suffix) end
   local paths, label_paths = {}, {}
   for name, file in pairs(index) do paths[name] = root .. '/' .. file.path end
   for name, file in pairs(of) do label_paths[name] = root .. '/' .. file.path end
   for i, file in ipairs(alone) do alone[i] = file.path end
   return {
      layout = 'folders', images = paths, labels = label_paths, names = names, alone = alone, parts = tree.parts(names),
      image_folder = root .. (one and '' or '/' .. images[1].directory), label_folder = root .. '/' .. labels[1].directory,
      list_folder = file_lists(root),
      where = one and ('pictures and label maps in ' .. directories(images))
         or ('pictures in %s, label maps in %s'):format(directories(images), directories(labels)),
   }
end

return folders
