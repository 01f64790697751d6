--- predict/scores.lua: which classes a label map shows, how much of them, and how sure the network was.
local scores = {}

---@class ClassScores
---@field pixels integer of the label map
---@field area number share of the picture, 0..1
---@field confidence number? mean probability of these pixels; nil where there are none
---@field score number? what the classifier says, 0..1

---@class Scores
---@field height integer pixels
---@field width integer
---@field confidence number? mean over the picture of the probability of the class that was chosen, before fusion's switching off
---@field classes table<string, ClassScores>

--- Counts a label map.
---@param labels Tensor (H,W) byte, on the CPU
---@param confidence Tensor (H,W) float, on the CPU
---@param classes string[]
---@return Scores
function scores.of(labels, confidence, classes)
   local h, w = labels:size(1), labels:size(2)
   local l, p = labels:contiguous():data(), confidence:contiguous():data()
   local pixels, sums = {}, {}
   for c = 0, #classes - 1 do pixels[c], sums[c] = 0, 0 end
   for at = 0, h * w - 1 do
      local c = l[at]
      pixels[c], sums[c] = pixels[c] + 1, sums[c] + p[at]
   end
   local found, total = {height = h, width = w, classes = {}}, 0
   for c, name in ipairs(classes) do
      local n, sum = pixels[c - 1], sums[c - 1]
      total = total + sum
      found.classes[name] = {pixels = n, area = n / (h * w), confidence = n > 0 and sum / n or nil}
   end
   found.confidence = total / (h * w)
   return found
end

--- Adds what a classifier says.
---@param found Scores
---@param row number[] one a class
---@param classes string[]
---@return Scores
function scores.add_classifier(found, row, classes)
   for c, name in ipairs(classes) do
      found.classes[name] = found.classes[name] or {}
      found.classes[name].score = row[c]
   end
   return found
end

return scores
