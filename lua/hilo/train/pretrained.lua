--- train/pretrained.lua: networks begin with weights that others trained, in the files that they publish: torchvision's of ImageNet
--- and of segmentation on COCO, the DeepLab-v2 on COCO that s4GAN's authors begin with, and runs of hilo.
local core = require 'hilo.core'
local hilo = require 'hilo'
local sorted_keys = require 'hilo.keys'
local Tensor = require 'hilo.tensor'
local vgg = require 'hilo.models.vgg'

local check = core.check

local function begins(pattern)
   return function(name) return name:match(pattern) end
end

local function itself(name) return name end

-- What there is, told apart by a name that only it has: how its names become those of our backbone and head.
local kinds = {
   {
      what = "torchvision's segmentation", has = '^backbone%.', backbone = begins '^backbone%.(.*)$',
      head = function(name) return (name:gsub('^classifier%.0%.', 'aspp.')) end,
   },
   {
      what = "DeepLab-v2 by s4GAN's authors", has = '^layer5%.conv2d_list%.', strides_on_1x1 = true,
      backbone = function(name) return not name:find '^layer5%.' and name or nil end, head = begins '^layer5%.conv2d_list%.(.*)$',
   },
   {what = 'a classifier', has = '', backbone = itself},
}

-- Runs of hilo; of several networks the one that is used.
for i, net in ipairs {'S', 'teacher', 'student'} do
   local pattern = ('^nets/%s/(.*)$'):format(net)
   table.insert(kinds, i, {what = 'a run of hilo', has = pattern, backbone = function(name)
      local rest = name:match(pattern)
      if not rest or rest:find '^head%.' then return nil end
      return rest:match '^backbone%.(.*)$' or rest
   end})
end

local function kind_of(tensors)
   for _, kind in ipairs(kinds) do
      for name in pairs(tensors) do if name:find(kind.has) then return kind end end
   end
   core.raise 'it holds no tensors'
end

-- PyTorch counts batches for an option that nobody here has.
local function without_counters(tensors)
   local rest = {}
   for name, t in pairs(tensors) do if not name:find 'num_batches_tracked$' then rest[name] = t end end
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
   local own, left, taken = head:stateDict(), {}, 0
   for _, name in ipairs(names) do
      local to = kind.head and kind.head(name)
      if to and own[to] and own[to]:isSameSizeAs(tensors[name]) then
         hilo.no_grad(function() own[to]:copy(tensors[name]) end)
         taken = taken + 1
      elseif to and own[to] then
         left[#left + 1] = ('%s (%s, here %s)'):format(name, Tensor.shape_text(tensors[name]), Tensor.shape_text(own[to]))
      else
         left[#left + 1] = name
      end
   end
   return left, taken
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

local pretrained = {}

--- Loads a file into a network. All of the backbone must be in it; of a segmentation network's head what fits is taken, and a
--- classifier's last layer never. What is left out is told.
---@param net DeepLab|ResNet|VGG|MobileNet
---@param path string
---@param stride_on? '3x3'|'1x1' of the network
---@return string told in one line
function pretrained.load(net, path, stride_on)
   local ok, tensors = pcall(hilo.io.load_tensors, path)
   if not ok then core.raise(('model.weights: %s'):format(tostring(tensors))) end
   tensors = without_counters(hilo.io.unwrapped(tensors))
   local kind = kind_of(tensors)
   local of_backbone = net.backbone or net
   local fits, left, taken = pcall(take_backbone, of_backbone, tensors, kind)
   if not fits then
      core.raise(('model.weights: %s (%s) does not fit a %s: %s'):format(path, kind.what, of_backbone.kind,
         tostring(left):match('loadStateDict: (.*)') or tostring(left)))
   end
   local text = ''
   if net.head then
      local of_head, made
      left, of_head = take_head(net.head, tensors, kind, left)
      left, made = decimate(net.head, tensors, left)
      text = (' and %d of the head%s'):format(of_head, made)
   end
   text = ('weights of %s (%s): %d tensors of the backbone%s%s'):format(path, kind.what, taken, text, left_text(left))
   if kind.strides_on_1x1 and stride_on == '3x3' then
      text = text .. '; it strides on its 1x1 convolutions: model.stride_on=1x1 computes as it did'
   end
   return text
end

return pretrained
