local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local class = require 'hilo.nn.class'

--- optim.ConfusionMatrix(n[, names]) or optim.ConfusionMatrix(names): how often each class was taken for each. Rows are targets,
--- columns predictions; classes count from 1, a target of 0 counts nothing. For label maps see hilo.train.
---
--- Fields after updateValids: mat (n,n), valids (n), unionvalids (n), totalValid, averageValid, averageUnionValid.
---
---     local confusion = optim.ConfusionMatrix {'cat', 'dog'}
---     confusion:add(hilo.Tensor{0.2, 0.8}, 2)                  -- scores, or the class; the target
---     confusion:batchAdd(hilo.Tensor{{1, 0}, {0, 1}}, hilo.Tensor{1, 1})
---     confusion:updateValids()
---     assert(math.abs(confusion.totalValid - 2 / 3) < 1e-6)
local ConfusionMatrix = class('optim.ConfusionMatrix')

---@param nclasses integer|string[]
---@param classes? string[]
function ConfusionMatrix:__init(nclasses, classes)
   if type(nclasses) == 'table' then nclasses, classes = #nclasses, nclasses end
   core.check(type(nclasses) == 'number' and nclasses >= 1, 'ConfusionMatrix: expects a number of classes or their names')
   self.nclasses, self.classes = nclasses, classes or {}
   self.mat = Tensor.zeros({nclasses, nclasses}, {dtype = 'long'})
   self.valids, self.unionvalids = Tensor.zeros({nclasses}, {dtype = 'float'}), Tensor.zeros({nclasses}, {dtype = 'float'})
   self.totalValid, self.averageValid, self.averageUnionValid = 0, 0, 0
end

-- Classes (N), long, of classes (N) or (N,1) or scores (N,n).
local function classes_of(x, what)
   core.check(core.is_tensor(x) and (x:dim() == 1 or x:dim() == 2), 'ConfusionMatrix: %s must be (N) or (N,n)', what)
   if x:dim() == 2 and x:size(2) > 1 then x = select(2, x:detach():max(2)) end
   return x:detach():reshape(x:nElement()):to{dtype = 'long', device = 'cpu'}
end

--- Counts one sample.
---@param prediction integer|Tensor a class, or scores (n)
---@param target integer|Tensor a class, or a vector (n) that is largest at it
function ConfusionMatrix:add(prediction, target)
   local function row(x) return type(x) == 'number' and Tensor.full(x, 1) or x:reshape(1, x:nElement()) end
   self:batchAdd(row(prediction), row(target))
end

--- Counts a batch.
---@param predictions Tensor classes (N) or (N,1), or scores (N,n)
---@param targets Tensor as the predictions
function ConfusionMatrix:batchAdd(predictions, targets)
   local p, t = classes_of(predictions, 'predictions'), classes_of(targets, 'targets')
   core.check(p:nElement() == t:nElement(), 'ConfusionMatrix: %d predictions for %d targets', p:nElement(), t:nElement())
   local counts = t:ge(1)
   if not counts:any() then return end
   p, t = p:maskedSelect(counts), t:maskedSelect(counts)
   local n = self.nclasses
   core.check(p:min() >= 1 and p:max() <= n and t:max() <= n, 'ConfusionMatrix: classes must be from 1 to %d, got %d to %d', n,
      math.min(p:min(), t:min()), math.max(p:max(), t:max()))
   self.mat:view(n * n):indexAdd(1, (t - 1) * n + p, t:clone():fill(1))
end

--- Counts nothing any more.
function ConfusionMatrix:zero()
   self.mat:zero()
   self.valids:zero()
   self.unionvalids:zero()
   self.totalValid, self.averageValid, self.averageUnionValid = 0, 0, 0
end

-- The mean of what is a number; 0 / 0 of classes that never came is none.
local function mean_of_numbers(list)
   local sum, n = 0, 0
   for _, v in ipairs(list) do if v == v then sum, n = sum + v, n + 1 end end
   return sum / n
end

--- Computes valids (part of each row that is right), unionvalids (intersection over union), totalValid and the means.
function ConfusionMatrix:updateValids()
   local rows, valid, union, right, all = self.mat:totable(), {}, {}, 0, 0
   for t = 1, self.nclasses do
      local of_row, of_column = 0, 0
      for i = 1, self.nclasses do of_row, of_column = of_row + rows[t][i], of_column + rows[i][t] end
      valid[t], union[t] = rows[t][t] / of_row, rows[t][t] / (of_row + of_column - rows[t][t])
      right, all = right + rows[t][t], all + of_row
   end
   self.valids:copy(Tensor.new({dtype = 'double'}, valid))
   self.unionvalids:copy(Tensor.new({dtype = 'double'}, union))
   self.totalValid, self.averageValid = right / all, mean_of_numbers(valid)
   for t = 1, self.nclasses do if valid[t] ~= valid[t] then union[t] = valid[t] end end
   self.averageUnionValid = mean_of_numbers(union)
end

function ConfusionMatrix:__tostring__()
   self:updateValids()
   local lines, rows, digits = {'ConfusionMatrix:'}, self.mat:totable(), 8
   digits = math.max(digits, #tostring(self.mat:max()) + 1)
   for t = 1, self.nclasses do
      local cells = {}
      for p = 1, self.nclasses do cells[p] = ('%' .. digits .. 'd'):format(rows[t][p]) end
      lines[#lines + 1] = ('%s%s%s  %2.3f%% %s'):format(t == 1 and '[[' or ' [', table.concat(cells),
         t == self.nclasses and ']]' or '] ', 100 * self.valids[t], self.classes[t] and ('\t[class: %s]'):format(self.classes[t]) or '')
   end
   lines[#lines + 1] = (' + average row correct: %s%% '):format(100 * self.averageValid)
   lines[#lines + 1] = (' + average rowUcol correct (VOC measure): %s%% '):format(100 * self.averageUnionValid)
   lines[#lines + 1] = (' + global correct: %s%%'):format(100 * self.totalValid)
   return table.concat(lines, '\n')
end

return ConfusionMatrix
