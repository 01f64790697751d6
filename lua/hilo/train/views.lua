--- train/views.lua: what a segmentation network says of a picture that it is shown at several sizes, mirrored, or window by window.
local coarse_logits = require 'hilo.train.coarse_logits'
local core = require 'hilo.core'
local hilo = require 'hilo'

local views = {}

local aligned = {mode = 'bilinear', align_corners = true}

-- Where windows of a length begin (from 1): `stride` apart, the last flush with the end.
local function starts(size, window, stride)
   local list, at = {}, 1
   while at + window - 1 < size do
      list[#list + 1], at = at, at + stride
   end
   list[#list + 1] = size - window + 1
   return list
end

-- Logits at the size of x: the mean over the windows that show a pixel.
local function by_windows(S, x, window, stride)
   local h, w = x:size(3), x:size(4)
   local wh, ww = math.min(window[1], h), math.min(window[2], w)
   local sum, count
   for _, top in ipairs(starts(h, wh, stride[1])) do
      for _, left in ipairs(starts(w, ww, stride[2])) do
         local part = S(x:narrow(3, top, wh):narrow(4, left, ww):contiguous())
         sum = sum or hilo.zeros({x:size(1), part:size(2), h, w}, {device = x:getDevice()})
         count = count or hilo.zeros({1, 1, h, w}, {device = x:getDevice()})
         sum:narrow(3, top, wh):narrow(4, left, ww):add(part)
         count:narrow(3, top, wh):narrow(4, left, ww):add(1)
      end
   end
   return hilo.cdiv(sum, count)
end

local function mirrored(x)
   local w, order = x:size(4), {}
   for i = 1, w do order[i] = w + 1 - i end
   return hilo.index(x, 4, hilo.LongTensor(order):to{device = x:getDevice()})
end

local function logits(S, x, o)
   if o.window then return by_windows(S, x, o.window, o.stride) end
   return coarse_logits(S, x)
end

---@class ViewOptions
---@field mirror boolean? also the mirrored picture
---@field window integer[]? {height, width} in pixels of what the network is shown
---@field stride integer[]? of the windows; 2/3 of them if not given

--- Logits at a size: the network's own of one picture; of several, or mirrored ones, the logarithm of the mean probabilities.
---@param S DeepLab evaluating
---@param inputs Tensor[] (N,3,h',w') each, one a scale
---@param h integer
---@param w integer
---@param o ViewOptions
---@return Tensor (N,C,h,w)
function views.logits(S, inputs, h, w, o)
   if #inputs == 1 and not o.mirror then return hilo.resize(logits(S, inputs[1], o), h, w, aligned) end
   local sum, count = nil, 0
   local function add(y)
      local p = hilo.softmax(hilo.resize(y, h, w, aligned))
      sum, count = sum and sum:add(p) or p, count + 1
   end
   for _, x in ipairs(inputs) do
      add(logits(S, x, o))
      if o.mirror then add(mirrored(logits(S, mirrored(x), o))) end
   end
   return hilo.log(sum:mul(1 / count))
end

--- The sizes at which a classifier is shown pictures.
---@param resize integer[] {height, width}, or one number for both
---@param scales? number[] {1}
---@return integer[][] {height, width} each
function views.sizes(resize, scales)
   local list = {}
   for i, scale in ipairs(scales or {1}) do
      core.check(scale > 0 and scale <= 16, 'scales must lie between 0 and 16, got %g', scale)
      list[i] = {math.floor(scale * resize[1] + 0.5), math.floor(scale * (resize[2] or resize[1]) + 0.5)}
   end
   return list
end

--- What a classifier says of pictures that it is shown at several sizes: the mean of its probabilities.
---@param net Module evaluating
---@param inputs Tensor[] (N,3,h',w') each, one a scale
---@param mirror? boolean also mirrored
---@return Tensor (N,C) 0..1
function views.scores(net, inputs, mirror)
   local sum, count = nil, 0
   local function add(x)
      local p = hilo.sigmoid(net(x))
      sum, count = sum and sum:add(p) or p, count + 1
   end
   for _, x in ipairs(inputs) do
      add(x)
      if mirror then add(mirrored(x)) end
   end
   return count > 1 and sum:mul(1 / count) or sum
end

-- {480} or {480, 640} -> {height, width}
local function sides(name, list)
   if not list then return nil end
   local h, w = list[1], list[2] or list[1]
   core.check(#list <= 2 and h % 1 == 0 and w % 1 == 0 and h >= 1 and w >= 1,
      '%s must be one whole number of pixels or two (HxW), got %s', name, table.concat(list, ','))
   return {h, w}
end

--- Checks what a user asked for; {0} stands for nothing.
---@param o {scales: number[]?, mirror: boolean?, window: integer[]?, stride: integer[]?}
---@return ViewOptions with scales
function views.read(o)
   local function given(list) return list and list[1] ~= 0 and list or nil end
   local v = {mirror = o.mirror or false, scales = o.scales or {1}, window = sides('window', given(o.window))}
   core.check(#v.scales > 0, 'scales: there must be one or more')
   for _, scale in ipairs(v.scales) do core.check(scale > 0 and scale <= 16, 'scales must lie between 0 and 16, got %g', scale) end
   v.stride = sides('stride', given(o.stride))
   core.check(v.window or not v.stride, 'stride= is that of a window, which window=HxW gives')
   if v.window and not v.stride then v.stride = {math.ceil(v.window[1] * 2 / 3), math.ceil(v.window[2] * 2 / 3)} end
   core.check(not v.window or v.stride[1] <= v.window[1] and v.stride[2] <= v.window[2],
      'the stride of %s is larger than the window of %s: pixels between two windows would be left out',
      table.concat(v.stride or {}, 'x'), table.concat(v.window or {}, 'x'))
   return v
end

return views
