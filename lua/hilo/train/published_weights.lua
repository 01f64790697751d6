--- train/published_weights.lua: how the files that others publish name a DeepLab's parts, and what they are wrapped in.
local sorted_keys = require 'hilo.keys'
local shape = require 'hilo.ops.shape'

local published_weights = {}

-- ---- names ----

local function begins(pattern)
   return function(name) return name:match(pattern) end
end

local function itself(name) return name end

-- The first pattern that fits gives the new name.
local function renamed(rules)
   return function(name)
      for _, rule in ipairs(rules) do
         local new, n = name:gsub(rule[1], rule[2])
         if n > 0 then return new end
      end
      return nil
   end
end

-- Convolution and normalisation that others call by their kinds and we by their places.
local function units(from, to) return {from .. '%.conv%.(.*)$', to .. '0.%1'}, {from .. '%.bn%.(.*)$', to .. '1.%1'} end

-- Input channels of the first convolution of the decoder, where the features at a quarter of the size come first.
local function low_last(to, t, own)
   local low = own['low.1.bias']
   if to ~= 'refine1.0.weight' or not low or t:dim() ~= 4 or t:size(2) <= low:nElement() then return t end
   local n = low:nElement()
   return shape.cat({t:narrow(2, n + 1, t:size(2) - n), t:narrow(2, 1, n)}, 2)
end

local caffe = 'its makers show it BGR pictures of 0..255 less the mean colour, and its max pooling rounds up'

-- layer2.block1.reduce.conv.weight -> layer1.0.conv1.weight
local function kazuto(name)
   local stem = renamed {{'^layer1%.conv1%.conv%.', 'conv1.'}, {'^layer1%.conv1%.bn%.', 'bn1.'}}(name)
   if stem then return stem end
   local layer, block, unit, kind, rest = name:match '^layer(%d)%.block(%d+)%.(%w+)%.(%w+)%.(.*)$'
   if not layer then return nil end
   local prefix, is_conv = ('layer%d.%d.'):format(layer - 1, block - 1), kind == 'conv'
   local number = ({reduce = 1, conv3x3 = 2, increase = 3})[unit]
   if number then return prefix .. (is_conv and 'conv' or 'bn') .. number .. '.' .. rest end
   return prefix .. 'downsample.' .. (is_conv and 0 or 1) .. '.' .. rest
end

local unimatch = renamed {
   {'^head%.b4%.gap%.(.*)$', 'aspp.convs.4.%1'}, {'^head%.b(%d)%.(.*)$', 'aspp.convs.%1.%2'},
   {'^head%.project%.(.*)$', 'aspp.project.%1'}, {'^reduce%.(.*)$', 'low.%1'}, {'^fuse%.([01])%.(.*)$', 'refine1.%1.%2'},
   {'^fuse%.3%.(.*)$', 'refine2.0.%1'}, {'^fuse%.4%.(.*)$', 'refine2.1.%1'}, {'^classifier%.(%a+)$', 'classify.%1'},
}

local rules_of_zhang = {
   {'^aspp%.global_avg_pool%.(.*)$', 'aspp.convs.4.%1'}, {'^aspp%.conv1%.(.*)$', 'aspp.project.0.%1'},
   {'^aspp%.bn1%.(.*)$', 'aspp.project.1.%1'}, {'^decoder%.conv1%.(.*)$', 'low.0.%1'}, {'^decoder%.bn1%.(.*)$', 'low.1.%1'},
}
for i = 1, 4 do
   table.insert(rules_of_zhang, {('^aspp%%.aspp%d%%.atrous_conv%%.(.*)$'):format(i), ('aspp.convs.%d.0.%%1'):format(i - 1)})
   table.insert(rules_of_zhang, {('^aspp%%.aspp%d%%.bn%%.(.*)$'):format(i), ('aspp.convs.%d.1.%%1'):format(i - 1)})
end
local simple_of_zhang = renamed(rules_of_zhang)
local last_of_zhang = {[0] = 'refine1.0', 'refine1.1', [3] = 'refine2.0', [5] = 'refine2.1', [6] = 'classify', [8] = 'classify'}

-- Dropout may stand between the layers of the decoder: what is fourth is a convolution there, and else a normalisation.
local function zhang(name, t)
   local at, rest = name:match '^decoder%.last_conv%.(%d)%.(.*)$'
   if not at then return simple_of_zhang(name) end
   local to = at == '4' and (t:dim() == 4 and 'refine2.0' or 'refine2.1') or last_of_zhang[tonumber(at)]
   return to and to .. '.' .. rest
end

local vainf = renamed {
   {'^classifier%.aspp%.(.*)$', 'aspp.%1'}, {'^classifier%.project%.(.*)$', 'low.%1'},
   {'^classifier%.classifier%.([01])%.(.*)$', 'refine1.%1.%2'}, {'^classifier%.classifier%.3%.(.*)$', 'classify.%1'},
}

-- The last normalisation of mmsegmentation's three convolutions is what we call bn1.
local function mmseg_backbone(name)
   local rest = name:match '^backbone%.(.*)$'
   return rest and rest:gsub('^stem%.7%.', 'bn1.'):gsub('^stem%.', 'conv1.') or nil
end

local rules_of_mmseg = {{'^decode_head%.conv_seg%.(.*)$', 'classify.%1'}}
local function add_units(from, to) for _, rule in ipairs {units(from, to)} do table.insert(rules_of_mmseg, rule) end end
for i = 0, 3 do add_units(('^decode_head%%.aspp_modules%%.%d'):format(i), ('aspp.convs.%d.'):format(i)) end
table.insert(rules_of_mmseg, {'^decode_head%.image_pool%.1%.conv%.(.*)$', 'aspp.convs.4.1.%1'})
table.insert(rules_of_mmseg, {'^decode_head%.image_pool%.1%.bn%.(.*)$', 'aspp.convs.4.2.%1'})
add_units('^decode_head%.bottleneck', 'aspp.project.')
add_units('^decode_head%.c1_bottleneck', 'low.')

---@class PublishedKind how a file's names become those of our backbone and head
---@field what string
---@field has string a pattern that only its names fit
---@field backbone fun(name: string): string?
---@field head nil|fun(name: string, t: Tensor): string?
---@field only string? a pattern of the names that count, where the file holds other things besides the network
---@field change nil|fun(to: string, t: Tensor, own: table<string, Tensor>): Tensor what a tensor of the head is here
---@field differs string[]? what is told besides
---@field strides_on_1x1 boolean?
---@field first_block_before boolean? dilated stages begin with the dilation of the stage before

---@type PublishedKind[]
local kinds = {
   {what = 'a run of hilo', has = '^nets/S/'}, {what = 'a run of hilo', has = '^nets/teacher/'},
   {what = 'a run of hilo', has = '^nets/student/'},
   {
      what = 'DeepLab-v2 of deeplab-pytorch', has = '^layer%d%.block%d', backbone = kazuto, strides_on_1x1 = true, differs = {caffe},
      head = renamed {{'^aspp%.c(%d)%.(.*)$', '%1.%2'}, {'^aspp%.stages%.c(%d)%.(.*)$', '%1.%2'}},
   },
   {
      what = "DeepLab-v2 by s4GAN's authors", has = '^layer5%.conv2d_list%.', strides_on_1x1 = true, differs = {caffe},
      backbone = function(name) return not name:find '^layer5%.' and name or nil end, head = begins '^layer5%.conv2d_list%.(.*)$',
   },
   {what = 'DeepLab-v3+ of UniMatch', has = '^head%.b%d%.', backbone = begins '^backbone%.(.*)$', head = unimatch, change = low_last},
   {
      what = 'DeepLab-v3+ of pytorch-deeplab-xception', has = '^aspp%.aspp1%.', backbone = begins '^backbone%.(.*)$',
      head = zhang,
   },
   {
      what = 'DeepLab-v3+ of DeepLabV3Plus-Pytorch', has = '^classifier%.aspp%.convs%.', backbone = begins '^backbone%.(.*)$',
      head = vainf, change = low_last,
   },
   {what = "mmsegmentation's", has = '^decode_head%.', backbone = mmseg_backbone, head = renamed(rules_of_mmseg)},
   {what = "hilo's names", has = '^head%.', backbone = begins '^backbone%.(.*)$', head = begins '^head%.(.*)$'},
   {
      what = "torchvision's segmentation", has = '^backbone%.', backbone = begins '^backbone%.(.*)$',
      head = renamed {{'^classifier%.0%.convs%.', 'aspp.convs.'}, {'^classifier%.0%.project%.', 'aspp.project.'},
         {'^classifier%.(.*)$', '%1'}}, first_block_before = true,
   },
   {what = 'a classifier', has = '', backbone = itself},
}

-- Of several networks of a run the one that is used; a classifier has neither `backbone.` nor `head.`.
for i = 1, 3 do
   local kind = kinds[i]
   kind.only, kind.head = kind.has, begins(kind.has .. 'head%.(.*)$')
   kind.backbone = function(name)
      local rest = name:match(kind.has .. '(.*)$')
      if not rest or rest:find '^head%.' then return nil end
      return rest:match '^backbone%.(.*)$' or rest
   end
end

--- What a file is, told by its names.
---@param tensors table<string, Tensor>
---@return PublishedKind? nil where there are none
function published_weights.kind_of(tensors)
   for _, kind in ipairs(kinds) do
      for name in pairs(tensors) do if name:find(kind.has) then return kind end end
   end
   return nil
end

-- ---- wrappers ----

-- What begins the names of a network's own parts.
local parts = {backbone = true, head = true, features = true, classifier = true, aux_classifier = true, fc = true, aspp = true,
   decoder = true, decode_head = true, auxiliary_head = true, conv1 = true, bn1 = true}

local function is_part(first) return parts[first] or first:find '^layer%d$' or first:find '/' end

-- Networks that lie side by side in one file: the averaged one first.
local networks = {'teacher', 'ema_model', 'model_ema', 'ema', 'model_t', 'student', 'model', 'model_s', 'branch1', 'net'}

local function first_parts(tensors)
   local found = {}
   for name in pairs(tensors) do found[name:match '^([^.]+)%.' or ''] = true end
   return found
end

local function within(tensors, first)
   local inner, left = {}, {}
   for name, t in pairs(tensors) do
      if name:sub(1, #first + 1) == first .. '.' then
         inner[name:sub(#first + 2)] = t
      else
         left[name:match '^[^.]+'] = true
      end
   end
   return inner, sorted_keys(left)
end

--- Tensors without what wraps the network that they belong to: 'module.', 'Scale.', 'model.', 'teacher.' and 'student.', ...
---@param tensors table<string, Tensor>
---@param notes string[] is told
---@return table<string, Tensor>
function published_weights.unwrapped(tensors, notes)
   for _ = 1, 6 do
      local firsts = first_parts(tensors)
      local first = next(firsts)
      local chosen
      if first and next(firsts, first) == nil and first ~= '' and not is_part(first) then
         chosen = first
      else
         for _, name in ipairs(networks) do if firsts[name] then chosen = chosen or name end end
         for name in pairs(firsts) do if name == '' or is_part(name) then chosen = nil end end
      end
      if not chosen then return tensors end
      local left
      tensors, left = within(tensors, chosen)
      notes[#notes + 1] = #left > 0 and ("took '%s.' and left %s"):format(chosen, table.concat(left, ', ')) or
         ("took '%s.' off every name"):format(chosen)
   end
   return tensors
end

return published_weights
