--- train/pretrained.lua: networks begin with weights that others trained, in the files that they publish: torchvision's of ImageNet
--- and of segmentation on COCO, the DeepLab-v2 on COCO that s4GAN's authors begin with, those of repositories that the field knows
--- (train/published_weights.lua), and runs of hilo.
local core = require 'hilo.core'
local hilo = require 'hilo'
local backbones = require 'hilo.models.backbone'
local sorted_keys = require 'hilo.keys'
local published_weights = require 'hilo.train.published_weights'
local Tensor = require 'hilo.tensor'
local vgg = require 'hilo.models.vgg'

local check = core.check

-- PyTorch counts batches for an option that nobody here has.
local function without_counters(tensors)
   local rest = {}
   for name, t in pairs(tensors) do if not name:find 'num_batches_tracked$' then rest[name] = t end end
   return rest
end

-- Of a run's checkpoint the network that is taken, without optimisers and other networks.
local function of_kind(tensors, kind)
   if not kind.only then return tensors end
   local rest = {}
   for name, t in pairs(tensors) do if name:find(kind.only) then rest[name] = t end end
   return rest
end

-- What a classifier has after the features.
local function is_after_features(name) return name:find '^fc%.' or name:find '^classifier%.' or name:find '^features%.18%.' end

-- Takes what the network has but for its last layer; all of that must be there and of its size.
local function take_backbone(net, tensors, kind)
   local own, given, left, taken = net:stateDict(), {}, {}, 0
   for _, name in ipairs(sorted_keys(tensors)) do
      local to = kind.backbone(name)
      local is_last = to and to:sub(1, #net.head_prefix) == net.head_prefix
      if not to or is_last or own[to] == nil and is_after_features(to) then
         left[#left + 1] = name
      else
         check(not given[to], "two of its tensors are both '%s'", to)
         given[to], taken = tensors[name], taken + (own[to] and 1 or 0)
      end
   end
   for name, t in pairs(own) do
      if name:sub(1, #net.head_prefix) == net.head_prefix then given[name] = t end
   end
   net:loadStateDict(given)
   return left, taken
end

-- Of what the backbone left, takes what fits the head.
local function take_head(head, tensors, kind, names)
   local own, left, taken = head:stateDict(), {}, {}
   for _, name in ipairs(names) do
      local t = tensors[name]
      local to = kind.head and kind.head(name, t)
      if to and own[to] and kind.change then t = kind.change(to, t, own) end
      if to and own[to] and own[to]:isSameSizeAs(t) then
         hilo.no_grad(function() own[to]:copy(t) end)
         taken[to] = true
      elseif to and own[to] then
         left[#left + 1] = ('%s (%s, here %s)'):format(name, Tensor.shape_text(t), Tensor.shape_text(own[to]))
      else
         left[#left + 1] = name
      end
   end
   return left, taken
end

-- What of the head begins anew, where the file held some of it.
local function new_text(head, taken)
   local list = {}
   for _, name in ipairs(sorted_keys(head:stateDict())) do
      if not taken[name] then list[#list + 1] = name end
   end
   if #list == 0 or not next(taken) then return '' end
   return ('; new in the head: %s%s'):format(table.concat({unpack(list, 1, 3)}, ', '),
      #list > 3 and (' and %d more'):format(#list - 3) or '')
end

-- VGG-16's wide linear layers become convolutions of the head, where that has their sizes. What is left then, and what to tell.
local function decimate(head, tensors, left)
   local weights = head.begin_with and vgg.decimated(tensors)
   if not weights then return left, '' end
   local own, rest = head:stateDict(), {}
   for name, t in pairs(weights) do if not own['0.' .. name]:isSameSizeAs(t) then return left, '' end end
   head:begin_with(weights)
   for _, name in ipairs(left) do if not name:find '^classifier%.[03]%.' then rest[#rest + 1] = name end end
   return rest, "; the head's fc6 and fc7 are every third and fourth weight of classifier.0 and classifier.3"
end

local function left_text(left)
   if #left == 0 then return '' end
   local shown = {unpack(left, 1, 3)}
   return ('; left out: %s%s'):format(table.concat(shown, ', '), #left > 3 and (' and %d more'):format(#left - 3) or '')
end

-- Why a residual network of others does not fit: some begin with three small convolutions.
local function stem_text(net, tensors)
   if net.conv1 and net.conv1.modules then return '' end
   for name in pairs(tensors) do
      if name:find 'conv1%.3%.weight$' or name:find 'stem%.3%.weight$' then
         return '\nIt begins with three convolutions of 3x3; the network here does with the option stem=3x3 (model.stem=3x3)'
      end
   end
   return ''
end

-- The backbone that has a file's names and sizes, and its width; nil where none has.
local function backbone_of(tensors, kind)
   local given, count = {}, 0
   for name, t in pairs(tensors) do
      local to = kind.backbone(name)
      if to and not is_after_features(to) then given[to], count = t, count + 1 end
   end
   local function made(name, width)
      return backbones.part(name, {width = width, stem = given['conv1.3.weight'] and '3x3' or '7x7'})
   end
   local function is_named_as(net)
      local names = sorted_keys(net:stateDict())
      for _, name in ipairs(names) do if not given[name] then return false end end
      return #names == count
   end
   for _, name in ipairs(backbones.names) do
      local tried = 16 -- a width of which every backbone makes whole numbers of channels
      local net = made(name, tried)
      local first = net:namedParameters()[1]
      if is_named_as(net) then
         local width = tried * given[first.name]:size(1) / first.tensor:size(1)
         if width % 1 ~= 0 then return nil end
         for key, t in pairs(made(name, width):stateDict()) do if not t:isSameSizeAs(given[key]) then return nil end end
         return name, width
      end
   end
   return nil
end

-- Which options of a script would make the network fit the file.
local function options_text(net, tensors, kind)
   local name, width = backbone_of(tensors, kind)
   if not name then return '' end
   if name ~= net.kind then
      return ("\nThe file's network is a %s of width %d; add model.backbone=%s model.width=%d"):format(name, width, name, width)
   end
   local first = net:namedParameters()[1]
   for given, t in pairs(tensors) do
      if kind.backbone(given) == first.name and t:size(1) ~= first.tensor:size(1) then
         return ("\nThe file's network has width %d; add model.width=%d"):format(width, width)
      end
   end
   return ''
end

local most_told = 3 -- of the names that do not fit

-- What loadStateDict says, in short.
local function misfit_text(message)
   local count, lines = message:match 'loadStateDict: (%d+) of the names or sizes do not fit[^\n]*\n(.*)$'
   if not count then return message end
   local told = {}
   for line in lines:gmatch '[^\n]+' do
      if #told < most_told then told[#told + 1] = line:gsub(' in the table$', ' in the file') .. '' end
   end
   return ('%d of the names or sizes do not fit%s:\n%s'):format(count, #told < tonumber(count) and ', the first' or '',
      table.concat(told, '\n'))
end

-- Which convolution of the bottlenecks of a network strides.
local function stride_of(backbone)
   local block = backbone.layer2 and backbone.layer2:get(1)
   return block and (block.conv1.kW == 1 and block.conv1.dW == 2 and '1x1' or '3x3')
end

-- Whether the first block of a dilated stage of a network is dilated as the others are.
local function dilates_first_block(backbone)
   local stage = backbone.layer4
   local first, second = stage and stage:get(1), stage and stage:get(2)
   return second and second.conv2.dilationH > 1 and first.conv2.dilationH == second.conv2.dilationH
end

-- In what the file's network differs from this one although its weights fit.
local function differences_text(kind, backbone, stride_on)
   local list = {'', unpack(kind.differs or {})}
   if kind.strides_on_1x1 and (stride_on or stride_of(backbone)) == '3x3' then
      list[#list + 1] = 'it strides on its 1x1 convolutions: model.stride_on=1x1 computes as it did'
   end
   if kind.first_block_before and dilates_first_block(backbone) then
      list[#list + 1] = "the first block of a dilated stage has the dilation of the stage before: the network's option "
         .. "first_block = 'previous' computes as it did"
   end
   return table.concat(list, '; ')
end

local pretrained = {}

--- Loads a file into a network. All of the backbone must be in it; of a segmentation network's head what fits is taken, and a
--- classifier's last layer never. What is left out is told.
---@param net DeepLab|ResNet|VGG|MobileNet
---@param path string
---@param stride_on? '3x3'|'1x1' of the network; seen there if not given
---@return string told in one line
function pretrained.load(net, path, stride_on)
   local ok, tensors, notes = pcall(hilo.io.load_tensors, path)
   if not ok then core.raise(('model.weights: %s'):format(tostring(tensors))) end
   tensors = without_counters(published_weights.unwrapped(tensors, notes))
   local kind = check(published_weights.kind_of(tensors), 'model.weights: %s holds no tensors', path)
   tensors = of_kind(tensors, kind)
   local of_backbone = net.backbone or net
   local fits, left, taken = pcall(take_backbone, of_backbone, tensors, kind)
   if not fits then
      core.raise(('model.weights: %s (%s) does not fit a %s: %s%s'):format(path, kind.what, of_backbone.kind,
         misfit_text(tostring(left)), stem_text(of_backbone, tensors) .. options_text(of_backbone, tensors, kind)))
   end
   local text, new = '', ''
   if net.head then
      local of_head, made
      left, of_head = take_head(net.head, tensors, kind, left)
      new = new_text(net.head, of_head)
      left, made = decimate(net.head, tensors, left)
      text = (' and %d of the head%s'):format(#sorted_keys(of_head), made)
   end
   text = ('weights of %s (%s): %d tensors of the backbone%s%s%s'):format(path, kind.what, taken, text, left_text(left), new)
   return table.concat({text, unpack(notes)}, '; ') .. differences_text(kind, of_backbone, stride_on)
end

return pretrained
