--- data/layouts/init.lua: finds out in which layout a folder is.
local command = require 'hilo.command'
local core = require 'hilo.core'
local ade20k = require 'hilo.data.layouts.ade20k'
local cityscapes = require 'hilo.data.cityscapes'
local class_list = require 'hilo.data.class_list'
local coco = require 'hilo.data.layouts.coco'
local csv = require 'hilo.data.layouts.csv'
local folder = require 'hilo.data.folder'
local folders = require 'hilo.data.layouts.folders'
local labelme = require 'hilo.data.layouts.labelme'
local tree = require 'hilo.data.tree'
local voc = require 'hilo.data.voc'

local layouts = {}

---@class Layout
---@field name string
---@field title string for people
---@field read fun(found: Tree, options: table): table? fields of the set; nil where the folder is in another layout
---@field walks boolean? it looks at all that lies below the root; else found holds the root alone
---@field tried boolean? it is tried on a folder whose layout nothing else tells, in the order of the list
---@field looks_for string[]? what the message says where no layout fits

---@type Layout[]
local every = {
   {name = 'voc', title = 'PASCAL VOC', read = function(found) return voc(found.root, 'voc') end,
      looks_for = {'JPEGImages/ and SegmentationClass/'}},
   {name = 'context', title = 'PASCAL-Context', read = function(found) return voc(found.root, 'context') end},
   {name = 'context59', title = 'PASCAL-Context, 59 classes', read = function(found) return voc(found.root, 'context59') end},
   {name = 'cityscapes', title = 'Cityscapes', read = function(found) return cityscapes(found.root) end,
      looks_for = {'leftImg8bit/ and gtFine/'}},
   {name = 'ade20k', title = 'ADE20K', read = ade20k, walks = true},
   {name = 'folders', title = 'folders', read = folders.read, walks = true, tried = true, looks_for = {
      'images/ and masks/, or img, labels, annotations, gt, train/images, images/train, ... with label maps of the pictures\' names, '
         .. 'perhaps with _mask, _label or such at the end',
      'pictures and label maps in one folder, a.jpg and a_mask.png'}},
   {name = 'csv', title = 'a table', read = csv.read, walks = true, tried = true, looks_for = {'a .csv with columns image and label'}},
   {name = 'coco', title = 'COCO', read = coco.read, walks = true, tried = true, looks_for = {"annotation files in COCO's format"}},
   {name = 'labelme', title = 'labelme', walks = true, tried = true, looks_for = {"labelme's .json beside pictures"},
      read = function(found, options) return labelme.read(found, {classes = class_list.of(found.root, options.classes)}) end},
}

--- Names of the layouts; what people call them, by name.
layouts.names, layouts.titles = {}, {}
local by_name_of = {}
for i, kind in ipairs(every) do
   layouts.names[i], layouts.titles[kind.name], by_name_of[kind.name] = kind.name, kind.title, kind
end

local function looked_for()
   local list = {}
   for _, kind in ipairs(every) do
      for _, text in ipairs(kind.looks_for or {}) do list[#list + 1] = ('%s (%s)'):format(text, kind.name) end
   end
   return table.concat(list, '; ')
end

-- Layouts that a folder's name gives away, without looking further.
local function by_name(root)
   local function has(name) return folder.is_folder(root .. '/' .. name) end
   if has 'leftImg8bit' then return 'cityscapes' end
   if has 'SegmentationClassContext' then return 'context' end
   if has 'JPEGImages' and (has 'SegmentationClass' or has 'SegmentationClassAug' or has 'ImageSets') then return 'voc' end
   if has 'images/training' and has 'annotations/training' then return 'ade20k' end
   return nil
end

-- A set one or two folders further down: VOCdevkit/VOC2012.
local function further_down(found)
   for _, path in ipairs(found.folders) do
      if select(2, path:gsub('/', '')) < 3 then
         local layout = by_name(found.root .. '/' .. path)
         if layout then return path, layout end
      end
   end
   return nil
end

local function count_by_ending(found)
   local counts, kinds = {}, {}
   for _, list in ipairs {found.images, found.others} do
      for _, path in ipairs(list) do
         local ending = path:match('%.(%w+)$'):lower()
         if not counts[ending] then kinds[#kinds + 1] = ending end
         counts[ending] = (counts[ending] or 0) + 1
      end
   end
   table.sort(kinds)
   for i, ending in ipairs(kinds) do kinds[i] = ('%d .%s'):format(counts[ending], ending) end
   return #kinds > 0 and table.concat(kinds, ', ') or 'no files'
end

local read_elsewhere = {gif = true, npy = true, npz = true, mat = true, tga = true, ppm = true, pgm = true, pbm = true, heic = true,
   avif = true, exr = true, dcm = true, nii = true, psd = true, svg = true, parquet = true, tfrecord = true}
local archives = {zip = true, tar = true, gz = true, tgz = true, rar = true, xz = true}

-- What files that cannot be read say of what is to be done.
local function hints(found)
   local list, told, texts = {}, {}, 0
   local function once(ending, text)
      if not told[ending] then list[#list + 1] = text end
      told[ending] = true
   end
   for _, path in ipairs(found.others) do
      local ending = path:match('%.(%w+)$'):lower()
      if archives[ending] then once(ending, ('%s is an archive: unpack it'):format(path)) end
      if read_elsewhere[ending] then
         once(ending, ('.%s is not read: save %s and others as PNG'):format(ending, path))
      end
      texts = texts + (ending == 'txt' and (path:find('labels/', 1, true)) and 1 or 0)
   end
   if texts > 0 then list[#list + 1] = "text files in labels/ may be outlines in YOLO's format: convert them to COCO's JSON" end
   for i, reason in ipairs(found.reasons or {}) do table.insert(list, i, reason) end
   return #list > 0 and 'Seen: ' .. table.concat(list, '; ') .. '. ' or ''
end

local function refuse(found)
   local top = {}
   for _, name in ipairs(folder.list(found.root)) do
      if #top < 8 then top[#top + 1] = folder.is_folder(found.root .. '/' .. name) and name .. '/' or name end
   end
   core.raise(('data: %s has no folder JPEGImages and fits no other layout. %sLooked for: %s. Found: %s (%s below it). Mend: bring it '
      .. 'into one of these, or name the pictures and their label maps in a table: a line `image,label`, then a line a picture'):format(
      found.root, hints(found), looked_for(), #top > 0 and table.concat(top, ' ') or 'nothing',
      count_by_ending(found)))
end

local function read(layout, root, options)
   local kind = by_name_of[layout]
   core.check(kind, "data: there is no layout '%s'; use auto or %s", layout, table.concat(layouts.names, ', '))
   local found = kind.walks and tree.of(root) or {root = root}
   local set = kind.read(found, options)
   core.check(set, 'data: %s is not in the layout %s (data.layout=auto looks for others)%s', root, layout,
      found.reasons and ': ' .. table.concat(found.reasons, '; ') or '')
   return set
end

-- Folders that tell no parts have those of a table beside them, which names the same pictures and label maps.
local function take_parts(set, found)
   local ok, told = pcall(csv.read, found)
   if not told then return end
   local name_of, parts, wrong = {}, {}, not ok and command.plain(told)
   for name, path in pairs(set.images) do name_of[path] = name end
   for part, names in pairs(ok and told.parts or {}) do
      parts[part] = {}
      for i, name in ipairs(names) do
         local here = name_of[told.images[name]]
         if not here or set.labels[here] ~= told.labels[name] then
            wrong = name .. ' is no picture of the folders or has another label map'
         end
         parts[part][i] = here
      end
   end
   if wrong then
      set.warnings = {'a table beside the folders tells no parts, data.layout=csv takes it in their place: ' .. wrong}
   elseif next(parts) then
      set.parts, set.where = parts, set.where .. ', parts as a table names them'
   end
end

--- What a folder holds.
---@param root string
---@param layout string 'auto' or one of layouts.names
---@param options {classes: any, suffix: string?, crowd: string?, [string]: any}
---@return table fields of the set; root where it is not the one given
function layouts.read(root, layout, options)
   if layout ~= 'auto' then return read(layout, root, options) end
   local named = by_name(root)
   if named then return read(named, root, options) end
   local found = tree.of(root)
   local path, inner = further_down(found)
   if path then
      local set = read(inner, root .. '/' .. path, options)
      set.root = root .. '/' .. path
      return set
   end
   for _, kind in ipairs(every) do
      local set = kind.tried and kind.read(found, options)
      if set and kind.name == 'folders' and not next(set.parts) then take_parts(set, found) end
      if set then return set end
   end
   if folder.is_folder(root .. '/JPEGImages') then return read('voc', root, options) end
   return refuse(found)
end

return layouts
