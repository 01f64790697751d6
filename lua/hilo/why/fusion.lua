--- why/fusion.lua: what fusion brings: the same pictures fused in several ways, by class and by how many classes a picture shows.
local hilo = require 'hilo'
local evaluate = require 'hilo.train.evaluate'
local FusionCounts = require 'hilo.train.fusion_counts'
local metrics = require 'hilo.train.metrics'
local sorted_keys = require 'hilo.keys'

local fusion = {}

---@class FusionWay
---@field name string
---@field fuse fun(logits: Tensor, name: string, present: number[]): Tensor logits (1,C,H,W), name of the picture, present (C): 1
--- where its label map shows the class -> what the label map is the argmax of

---@class FusionEvidence
---@field classes string[]
---@field ways string[] names, the first is the segmentation alone
---@field counts table<string, Confusion> by way
---@field changes table<string, FusionCounts> by way, but for the first
---@field by_number table<integer, {pictures: integer, counts: table<string, Confusion>}> by how many classes a picture shows

local function confusions(ways, classes, device)
   local list = {}
   for _, way in ipairs(ways) do list[way] = metrics.confusion(classes, device) end
   return list
end

local function sum(list)
   local n = 0
   for _, x in ipairs(list) do n = n + x end
   return n
end

--- Fuses validation pictures in each way.
---@param of_run {options: table, set: DataSet, S: DeepLab}
---@param names string[] pictures
---@param ways FusionWay[]
---@param options {workers: Workers, device: string, told: (fun(done: integer))?}
---@return FusionEvidence
function fusion.measure(of_run, names, ways, options)
   local set, S = of_run.set, of_run.S
   local alone = 'alone'
   local found = {classes = set.classes, ways = {alone}, changes = {}, by_number = {}}
   for i, way in ipairs(ways) do
      found.ways[i + 1] = way.name
      found.changes[way.name] = FusionCounts.new(set.classes, options.device, set.void)
   end
   found.counts = confusions(found.ways, set.classes, options.device)
   local done = 0
   evaluate.with(S, function()
      for batch in evaluate.batches(set, names, of_run.options, options.workers) do
         local truth = batch.labels
         local logits = evaluate.logits(S, batch.images, truth:size(2), truth:size(3))
         local present = hilo.methods.class_targets(truth, #set.classes)[1]:totable()
         local n = sum(present)
         local of_number = found.by_number[n] or {pictures = 0, counts = confusions(found.ways, set.classes, options.device)}
         found.by_number[n], of_number.pictures = of_number, of_number.pictures + 1
         local before = hilo.label_map(logits)
         local function add(way, map)
            found.counts[way]:add(truth, map, set.void)
            of_number.counts[way]:add(truth, map, set.void)
         end
         add(alone, before)
         for _, way in ipairs(ways) do
            local map = hilo.label_map(way.fuse(logits, batch.names[1], present))
            add(way.name, map)
            found.changes[way.name]:add(truth, before, map)
         end
         done = done + 1
         if options.told then options.told(done) end
      end
   end)
   return found
end

-- ---- tables ----

local function number(x) return x and ('%.1f'):format(x) or '-' end

--- A row a way: scores, and what it changed.
---@param found FusionEvidence
---@param name string of the segmentation
---@return string[][]
function fusion.rows(found, name)
   local rows = {{name, 'mean IoU', 'pixels right %', 'changed %', 'gained %', 'lost %', 'removed, absent', 'removed, present'}}
   for i, way in ipairs(found.ways) do
      local scores = found.counts[way]:scores()
      local row = {way, number(scores.mean_iou), number(scores.pixel_accuracy)}
      if i > 1 then
         local f = found.changes[way]:figures()
         for _, field in ipairs {'changed', 'gained', 'lost'} do
            row[#row + 1] = ('%.2f'):format(100 * f[field] / math.max(1, f.pixels))
         end
         row[#row + 1], row[#row + 2] = ('%d'):format(f.removed_absent), ('%d of %d'):format(f.removed_present, f.present)
      end
      rows[#rows + 1] = row
   end
   return rows
end

--- A row a class: IoU of each way, those first to which the last way brings most.
---@param found FusionEvidence
---@return string[][] rows
---@return string[] classes in that order
---@return table<string, table<string, number>> iou by way and class
function fusion.by_class(found)
   local iou, names = {}, {}
   for _, way in ipairs(found.ways) do iou[way] = found.counts[way]:scores().iou end
   local first, last = iou[found.ways[1]], iou[found.ways[#found.ways]]
   for _, class in ipairs(found.classes) do if first[class] and last[class] then names[#names + 1] = class end end
   table.sort(names, function(a, b)
      local x, y = last[a] - first[a], last[b] - first[b]
      if x ~= y then return x > y end
      return a < b
   end)
   local rows = {{'IoU', unpack(found.ways)}}
   for _, class in ipairs(names) do
      local row = {class}
      for _, way in ipairs(found.ways) do row[#row + 1] = number(iou[way][class]) end
      rows[#rows + 1] = row
   end
   return rows, names, iou
end

-- Neighbouring numbers of classes together, so that a group has at least a share of the pictures.
local function groups(found, share)
   local total = 0
   for _, of in pairs(found.by_number) do total = total + of.pictures end
   local left = total
   local list = {}
   for _, n in ipairs(sorted_keys(found.by_number)) do
      local group = list[#list]
      if not group or group.pictures >= share * total and left >= share * total then
         group = {low = n, high = n, pictures = 0, classes = 0, counts = confusions(found.ways, found.classes)}
         list[#list + 1] = group
      end
      local of = found.by_number[n]
      left = left - of.pictures
      group.high, group.pictures, group.classes = n, group.pictures + of.pictures, group.classes + n * of.pictures
      for way, counts in pairs(of.counts) do group.counts[way].matrix:add(counts.matrix:cpu()) end
   end
   return list
end

--- A row a group of pictures that show about as many classes: mean IoU of each way.
---@param found FusionEvidence
---@param share? number of the pictures that a group has at least; 1/5
---@return string[][] rows
---@return {x: number[], y: table<string, number[]>} curves x: mean number of classes; y: mean IoU by way
function fusion.by_number(found, share)
   local rows, curves = {{'classes in a picture', 'pictures', unpack(found.ways)}}, {x = {}, y = {}}
   for i, group in ipairs(groups(found, share or 1 / 5)) do
      local name = group.low == group.high and ('%d'):format(group.low) or ('%d to %d'):format(group.low, group.high)
      local row = {name, ('%d'):format(group.pictures)}
      curves.x[i] = group.classes / group.pictures
      for _, way in ipairs(found.ways) do
         local value = group.counts[way]:scores().mean_iou
         row[#row + 1] = number(value)
         curves.y[way] = curves.y[way] or {}
         curves.y[way][i] = value
      end
      rows[i + 1] = row
   end
   return rows, curves
end

return fusion
