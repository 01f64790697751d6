--- train/fusion_counts.lua: what fusion does to label maps: pixels that it changes, those that become right and those that become
--- wrong, and classes that it removes from pictures, which are there or are not.
local hilo = require 'hilo'
local metrics = require 'hilo.train.metrics'

---@class FusionCounts
---@field all Confusion truth and the map before fusion
---@field before Confusion the same, of the pixels that fusion changed
---@field after Confusion truth and the map after it, of those pixels
---@field right Tensor (C) pictures from which a class that is not there was removed
---@field wrong Tensor (C) pictures from which a class that is there was removed
---@field present Tensor (C) pictures where a class is
local FusionCounts = {}
FusionCounts.__index = FusionCounts

--- Counts of what fusion changes, empty.
---@param classes string[]
---@param device? string
---@param void? integer 255
---@return FusionCounts
function FusionCounts.new(classes, device, void)
   local self = {classes = classes, void = void or 255}
   for _, name in ipairs {'all', 'before', 'after'} do self[name] = metrics.confusion(classes, device) end
   for _, name in ipairs {'right', 'wrong', 'present'} do self[name] = hilo.zeros({#classes}, {dtype = 'double', device = device}) end
   return setmetatable(self, FusionCounts)
end

--- Adds label maps; pixels whose truth is void do not count, but a class may have been removed from them too.
---@param truth Tensor (N,H,W) byte
---@param alone Tensor (N,H,W) byte before fusion
---@param fused Tensor (N,H,W) byte
function FusionCounts:add(truth, alone, fused)
   local void = self.void
   local changed = hilo.where(hilo.ne(alone, fused), truth, truth:empty():fill(void))
   self.all:add(truth, alone, void)
   self.before:add(changed, alone, void)
   self.after:add(changed, fused, void)
   local function shown(map) return hilo.methods.class_targets(map, #self.classes) end
   local there, removed = shown(truth), hilo.cmul(shown(alone), 1 - shown(fused))
   local function count(into, pictures) into:add(hilo.sum(pictures, 1):view(-1):to{dtype = 'double'}) end
   count(self.present, there)
   count(self.wrong, hilo.cmul(removed, there))
   count(self.right, hilo.cmul(removed, 1 - there))
   return self
end

local function row_sum(row)
   local sum = 0
   for _, x in ipairs(row) do sum = sum + x end
   return sum
end

local fields = {'pixels', 'changed', 'gained', 'lost', 'present', 'removed_present', 'removed_absent'}

--- By class of the truth and in all: pixels, those changed, gained (wrong before, right after) and lost (right before, wrong after);
--- pictures where the class is present, and those from which it was removed though present, or rightly, as absent.
---@return {pixels: number, changed: number, gained: number, lost: number, present: number, removed_present: number,
--- removed_absent: number, classes: table<string, table<string, number>>}
function FusionCounts:figures()
   local all, before, after = self.all.matrix:totable(), self.before.matrix:totable(), self.after.matrix:totable()
   local present, wrong, right = self.present:totable(), self.wrong:totable(), self.right:totable()
   local out = {classes = {}}
   for _, field in ipairs(fields) do out[field] = 0 end
   for c, name in ipairs(self.classes) do
      local row = {pixels = row_sum(all[c]), changed = row_sum(before[c]), gained = after[c][c], lost = before[c][c],
         present = present[c], removed_present = wrong[c], removed_absent = right[c]}
      out.classes[name] = row
      for _, field in ipairs(fields) do out[field] = out[field] + row[field] end
   end
   return out
end

--- Figures as lines of text: all pixels, then the classes of which most pixels were gained or lost.
---@param figures {pixels: integer, changed: integer, gained: integer, lost: integer, removed_absent: integer,
--- removed_present: integer, classes: table<string, {gained: integer, lost: integer, [string]: any}>, [string]: any} what
--- figures() returned
---@param most? integer classes, 8
---@return string
function FusionCounts.text(figures, most)
   local function percent(x) return 100 * x / math.max(1, figures.pixels) end
   local lines = {('fusion changed %.2f %% of the pixels: %.2f %% became right, %.2f %% wrong; removed %d classes from pictures, %d of '
      .. 'them present'):format(percent(figures.changed), percent(figures.gained), percent(figures.lost),
      figures.removed_absent + figures.removed_present, figures.removed_present)}
   local names = {}
   for name, row in pairs(figures.classes) do if row.gained + row.lost > 0 then names[#names + 1] = name end end
   local function weight(name) return math.abs(figures.classes[name].gained - figures.classes[name].lost) end
   table.sort(names, function(a, b)
      if weight(a) ~= weight(b) then return weight(a) > weight(b) end
      return a < b
   end)
   if #names > 0 then
      lines[2] = ('   %-16s %9s %9s %9s  %s'):format('class', 'changed', 'gained', 'lost', 'removed from pictures: absent, present')
   end
   for i = 1, math.min(#names, most or 8) do
      local row = figures.classes[names[i]]
      lines[#lines + 1] = ('   %-16s %9d %9d %9d  %d, %d'):format(names[i], row.changed, row.gained, row.lost, row.removed_absent,
         row.removed_present)
   end
   return table.concat(lines, '\n')
end

return FusionCounts
