--- methods/calibration.lua: scores of a classifier as probabilities that mean what they say: of the pictures in which a class scores
--- 0.3, three in ten shall show it. A score s becomes sigmoid(a logit(s) + b):
---
---    temperature  a = 1/T, b = 0 (Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks, 2017)
---    platt        a and b, towards targets (N1 + 1) / (N1 + 2) and 1 / (N0 + 2) where N1 pictures show the class and N0 do not (Platt,
---                 Probabilistic outputs for support vector machines, 1999)
---
--- one pair for all classes, or one a class. Both minimise the cross entropy, which is convex in a and b, by Newton's method with
--- halved steps (Lin, Lin, Weng, A note on Platt's probabilistic outputs, 2007).
local core = require 'hilo.core'
local folds = require 'hilo.data.folds'
local rows_of = require 'hilo.rows'
local sorted_keys = require 'hilo.keys'

local check = core.check
local calibration = {}

local furthest = 1e-7 -- scores stay so far from 0 and 1
local fewest = 5      -- pictures that must show a class, and must not, for a pair of its own

local function logit(s)
   s = math.min(math.max(s, furthest), 1 - furthest)
   return math.log(s / (1 - s))
end

local function sigmoid(x)
   if x >= 0 then return 1 / (1 + math.exp(-x)) end
   local e = math.exp(x)
   return e / (1 + e)
end

-- log(1 + exp(x)), without overflow
local function softplus(x) return math.max(x, 0) + math.log(1 + math.exp(-math.abs(x))) end

-- ---- fitting ----

local function loss(z, t, a, b)
   local sum = 0
   for i, x in ipairs(z) do sum = sum + softplus(a * x + b) - t[i] * (a * x + b) end
   return sum
end

-- Gradient and Hessian in a and b.
local function slopes(z, t, a, b)
   local ga, gb, haa, hab, hbb = 0, 0, 1e-12, 0, 1e-12
   for i, x in ipairs(z) do
      local p = sigmoid(a * x + b)
      local d, w = p - t[i], p * (1 - p)
      ga, gb, haa, hab, hbb = ga + d * x, gb + d, haa + w * x * x, hab + w * x, hbb + w
   end
   return ga, gb, haa, hab, hbb
end

local lowest, highest = 0.01, 100 -- of a temperature's a, which has no finite best where all pictures are told apart

-- a and b with the least loss; b stays 0 without `offset`.
local function minimise(z, t, offset)
   local a, b = 1, 0
   local best = loss(z, t, a, b)
   for _ = 1, 100 do
      local ga, gb, haa, hab, hbb = slopes(z, t, a, b)
      local da, db = -ga / haa, 0
      if offset then
         local det = haa * hbb - hab * hab
         da, db = (hab * gb - hbb * ga) / det, (hab * ga - haa * gb) / det
      end
      if math.abs(da) + math.abs(db) < 1e-10 then break end
      local step, found = 1, false
      while step > 1e-10 and not found do
         local a2, b2 = a + step * da, b + step * db
         if not offset then a2 = math.min(math.max(a2, lowest), highest) end
         local value = loss(z, t, a2, b2)
         if value < best then
            found, a, b, best = true, a2, b2, value
         else
            step = step / 2
         end
      end
      if not found then break end
   end
   return a, b
end

-- Logits and targets of the classes from `first` to `last`, and how many pictures show them and do not.
local function gathered(rows, targets, first, last)
   local z, t, there = {}, {}, 0
   for i, row in ipairs(rows) do
      for c = first, last do
         z[#z + 1], t[#t + 1] = logit(row[c]), targets[i][c] > 0 and 1 or 0
         there = there + t[#t]
      end
   end
   return z, t, there, #z - there
end

local function fit_pair(how, z, t, there, away)
   if how == 'platt' then
      for i, x in ipairs(t) do t[i] = x == 1 and (there + 1) / (there + 2) or 1 / (away + 2) end
   end
   return minimise(z, t, how == 'platt')
end

---@class Calibration
---@field how 'temperature'|'platt'
---@field by 'all'|'class'
---@field a number[] (C)
---@field b number[] (C)

--- Fits a calibration. A class that fewer than 5 pictures show, or do not show, takes the pair of all classes.
---
---     local made = hilo.methods.calibration.fit({{0.9}, {0.8}, {0.3}, {0.6}}, {{1}, {1}, {0}, {0}}, {how = 'temperature', by = 'all'})
---     local calibrated = hilo.methods.calibration.apply(made, {0.7})
---@param rows number[][] scores, one row an image, one score 0..1 a class
---@param targets number[][] 1 where the class is in the image, else 0
---@param options {how: 'temperature'|'platt', by: 'all'|'class', [string]: any}
---@return Calibration
function calibration.fit(rows, targets, options)
   local how, by = options.how, options.by
   check(how == 'temperature' or how == 'platt', "calibration: how must be 'temperature' or 'platt', got '%s'", tostring(how))
   check(by == 'all' or by == 'class', "calibration: by must be 'all' or 'class', got '%s'", tostring(by))
   check(#rows > 0 and #rows == #targets, 'calibration: expected as many rows of targets as of scores, and one at least; got %d and %d',
      #targets, #rows)
   for i, row in ipairs(rows) do
      check(#row == #rows[1] and #targets[i] == #row, 'calibration: row 1 is of %d classes, row %d has %d scores and %d targets',
         #rows[1], i, #row, #targets[i])
   end
   local n, made = #rows[1], {how = how, by = by, a = {}, b = {}}
   local a, b = fit_pair(how, gathered(rows, targets, 1, n))
   for c = 1, n do
      made.a[c], made.b[c] = a, b
      if by == 'class' then
         local z, t, there, away = gathered(rows, targets, c, c)
         if there >= fewest and away >= fewest then made.a[c], made.b[c] = fit_pair(how, z, t, there, away) end
      end
   end
   return made
end

--- Scores of an image, calibrated.
---@param made Calibration
---@param row number[] (C)
---@return number[]
function calibration.apply(made, row)
   check(#row == #made.a, 'calibration: it was fitted for %d classes, the scores are of %d', #made.a, #row)
   local out = {}
   for c, s in ipairs(row) do out[c] = sigmoid(made.a[c] * logit(s) + made.b[c]) end
   return out
end

--- Scores by image name, each calibrated by what was fitted on the other images alone: the images are dealt into folds.
---@param scores table<string, number[]>
---@param targets table<string, number[]> of all images in scores
---@param options {how: 'temperature'|'platt', by: 'all'|'class', folds: integer?, seed: integer?, [string]: any} folds: 2
---@return table<string, number[]>
function calibration.crossed(scores, targets, options)
   local out, names = {}, sorted_keys(scores)
   for _, part in ipairs(folds(names, options.folds or 2, options.seed)) do
      local inside, others = {}, {}
      for _, name in ipairs(part) do inside[name] = true end
      for _, name in ipairs(names) do if not inside[name] then others[#others + 1] = name end end
      local made = calibration.fit(rows_of(scores, others), rows_of(targets, others), options)
      for _, name in ipairs(part) do out[name] = calibration.apply(made, scores[name]) end
   end
   return out
end

-- ---- how well scores are calibrated ----

---@class CalibrationQuality
---@field error number expected calibration error, 0..1: |mean score - share of pictures that show the class|, mean over all scores
---@field log_loss number cross entropy, mean over all scores, in nats
---@field reliability {low: number, high: number, count: integer, score: number, share: number}[] one a bin that holds any; score: mean
--- of them; share: of these pictures that show the class

--- The expected calibration error over bins of equal width (Naeini, Cooper, Hauskrecht, Obtaining well calibrated probabilities using
--- Bayesian binning, 2015), scores of all classes together.
---@param rows number[][]
---@param targets number[][]
---@param options? {bins?: integer} 10
---@return CalibrationQuality
function calibration.quality(rows, targets, options)
   check(#rows > 0 and #rows == #targets, 'calibration: expected as many rows of targets as of scores, and one at least; got %d and %d',
      #targets, #rows)
   local n, bins = options and options.bins or 10, {}
   check(n >= 1 and n <= 2 ^ 20, 'calibration: bins must be a whole number 1..2^20, got %s', tostring(n))
   for k = 1, n do bins[k] = {low = (k - 1) / n, high = k / n, count = 0, score = 0, share = 0} end
   local all, log_loss = 0, 0
   for i, row in ipairs(rows) do
      for c, s in ipairs(row) do
         check(s >= 0 and s <= 1 and targets[i][c], 'calibration: a score must be 0..1 and have a target, got %s in row %d',
            tostring(s), i)
         local bin, is = bins[math.min(n, math.floor(s * n) + 1)], targets[i][c] > 0 and 1 or 0
         bin.count, bin.score, bin.share = bin.count + 1, bin.score + s, bin.share + is
         all = all + 1
         log_loss = log_loss - math.log(math.max(is == 1 and s or 1 - s, furthest))
      end
   end
   local found, sum = {}, 0
   for _, bin in ipairs(bins) do
      if bin.count > 0 then
         sum = sum + math.abs(bin.score - bin.share)
         bin.score, bin.share = bin.score / bin.count, bin.share / bin.count
         found[#found + 1] = bin
      end
   end
   return {error = sum / all, log_loss = log_loss / all, reliability = found}
end

return calibration
