--- train/quality.lua: how good the label maps are that a method learns from, and those that it leaves out.
local hilo = require 'hilo'
local metrics = require 'hilo.train.metrics'

---@class Quality
---@field taken Confusion
---@field left Confusion
local Quality = {}
Quality.__index = Quality

---@param classes string[]
---@param device? string
---@param void? integer 255
---@return Quality
function Quality.new(classes, device, void)
   return setmetatable({taken = metrics.confusion(classes, device), left = metrics.confusion(classes, device), void = void or 255},
      Quality)
end

--- Counts pixels of label maps; those whose truth is void do not count.
---@param truth Tensor (N,H,W) byte
---@param found Tensor (N,H,W) byte
---@param taken Tensor (N,1,1) or (N,H,W) byte: 1 where the method learns from what was found
function Quality:add(truth, found, taken)
   local void = truth:empty():fill(self.void)
   taken = taken:expandAs(truth)
   self.taken:add(hilo.where(taken, truth, void), found, self.void)
   self.left:add(hilo.where(taken, void, truth), found, self.void)
   return self
end

local function scores_of(confusion)
   if hilo.sum(confusion.matrix:to{dtype = 'double'}) == 0 then return nil end
   local scores = confusion:scores()
   return {pixel_accuracy = scores.pixel_accuracy, mean_iou = scores.mean_iou}
end

--- What was counted, percent; a side without pixels is missing.
---@return {accepted: {pixel_accuracy: number, mean_iou: number}?, rejected: {pixel_accuracy: number, mean_iou: number}?}
function Quality:figures()
   return {accepted = scores_of(self.taken), rejected = scores_of(self.left)}
end

return Quality
