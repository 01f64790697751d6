--- data/open.lua: opens a folder of pictures and label maps.
local core = require 'hilo.core'
local class_list = require 'hilo.data.class_list'
local folder = require 'hilo.data.folder'
local known = require 'hilo.data.known'
local labels = require 'hilo.data.labels'
local layouts = require 'hilo.data.layouts'
local options_of = require 'hilo.options.values'
local Set = require 'hilo.data.set'

options_of.choices['data.layout'], options_of.choices['data.crowd'] = {'auto', unpack(layouts.names)}, {'void', 'object'}

-- One line: the layout and what was found.
local function describe(set)
   local n = 0
   for name in pairs(set.labels) do n = n + (set.images[name] and 1 or 0) end
   return ('%s, layout %s (%s): %s; %d pictures, %d with a label map, %d classes (%s)%s'):format(set.root, set.layout,
      layouts.titles[set.layout], set.where, #set.names, n, #set.classes, set.class_source, set.coded and '; ' .. set.coded or '')
end

--- Opens a data set. See data/README.md for the layouts and the kinds of label maps.
---
---     local set = hilo.data.open {root = 'photos'}
---     print(set.told, table.concat(set.classes, ', '))
---@param options {root: string, layout: string?, classes: string|string[]|nil, map: string?, colours: string?, suffix: string?,
--- crowd: string?, labelled: string?, unlabelled: string?, train: string?, val: string?, balanced: boolean?, order: string?,
--- split: string?, size: number?, tags: string?}
--- layout: 'auto' to find it out, or one of voc, context, context59, cityscapes, ade20k, folders, csv, coco, labelme;
--- classes: names, a file of names (and colours), their number, or a public set's name; if not given <root>/classes.txt, what the
--- layout or annotation files say, or as many as the label maps show; map: ids to classes, see data/idmap.lua; colours: voc,
--- cityscapes, camvid or a file with lines `name r g b`; suffix: the ending of label maps' names where a picture has several;
--- crowd: 'void' or 'object', what COCO's crowds are; labelled and those after it: the rest of an experiment's options `data.`, which
--- hilo.data.split and others take
---@return DataSet
return function(options)
   local root = options.root:gsub('(.)/+$', '%1')
   core.check(not folder.is_file(root), 'data: %s is a file; data.root names a folder, unpack archives first', root)
   core.check(folder.is_folder(root), 'data: there is no folder %s; data.root names the set', root)
   local layout = options.layout or 'auto'
   if layout ~= 'auto' then options_of.choice('data.layout', layout) end
   if options.crowd then options_of.choice('data.crowd', options.crowd) end
   local set = layouts.read(root, layout, options)
   root = set.root or root
   set.root, set.warnings = root, set.warnings or {}
   set.drawn = set.own_classes ~= nil
   local classes, colours, source = class_list.of(root, options.classes)
   set.table_of_colours = colours or {}
   if set.drawn then
      set.classes, set.class_source = set.classes, set.own_classes
   elseif classes then
      set.classes, set.class_source = classes, source
   elseif (options.map or '') == '' or set.layout ~= 'voc' then -- with a map of ids, a set in VOC's layout has classes of its own
      set.classes, set.class_source = set.default_classes, set.default_classes and 'the layout'
   end
   core.check(#set.names > 0, 'data: there are no images (%s) in %s', folder.image_endings, set.image_folder)
   labels.prepare(set, options)
   set.classes = set.classes or set.default_classes
   core.check(set.classes, 'data: no picture of %s has a label map and nothing names the classes; write them to %s/classes.txt', root,
      root)
   set.class_source = set.class_source or 'the table of colours'
   set = Set.new(set)
   set.told = describe(set)
   if set.alone and #set.alone > 0 then
      set.told_alone = ('%d label maps of %s fit no picture, the first is %s'):format(#set.alone, root, set.alone[1])
      table.insert(set.warnings, 1, set.told_alone)
   end
   for _, line in ipairs(known.differences(set)) do table.insert(set.warnings, line) end
   return set
end
