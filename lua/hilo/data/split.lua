--- data/split.lua: which images train with their labels, which without, and which measure the result.
local core = require 'hilo.core'
local amount = require 'hilo.data.amount'
local balanced = require 'hilo.data.balanced'
local Draws = require 'hilo.data.draws'
local Findings = require 'hilo.data.check.findings'
local lists = require 'hilo.data.lists'
local saved_split = require 'hilo.data.saved_split'

local check = core.check

local streams = {labelled = 250, val = 251} -- of Draws, away from those of the loaders

local function set_of(names)
   local set = {}
   for _, name in ipairs(names) do set[name] = true end
   return set
end

local function without(names, ...)
   local rest = {}
   for _, name in ipairs(names) do
      local out = false
      for _, unwanted in ipairs {...} do out = out or unwanted[name] end
      if not out then rest[#rest + 1] = name end
   end
   return rest
end

local function sorted(names)
   local list = without(names)
   table.sort(list)
   return list
end

-- `count` of the names, drawn with the seed; the same whatever order the names came in.
local function draw(names, count, seed, stream)
   names = sorted(names)
   local order, chosen = Draws.order(seed, stream, 0, #names), {}
   for i = 1, count do chosen[i] = names[order[i]] end
   table.sort(chosen)
   return chosen
end

-- ---- one split while it is made ----

---@class Splitter
---@field set DataSet
---@field o table the options, with defaults
---@field found Findings
---@field lists table<string, string[]> lists that were read, each once
---@field is_val table<string, boolean>
---@field noted table<string, boolean> pictures of which it was noted that they measure
---@field from table<string, string> by part: where its names come from
local Splitter = {}
Splitter.__index = Splitter

-- The names of a list in its order. Numbers in it count the train list.
function Splitter:listed(which)
   self.lists[which] = self.lists[which] or self.set:listed(which, {found = self.found, numbers = self.o.train})
   return self.lists[which]
end

function Splitter:having_labels(names)
   local list = {}
   for _, name in ipairs(names) do if self.set:label(name) then list[#list + 1] = name end end
   return list
end

function Splitter:check_labels(names, what)
   for _, name in ipairs(names) do
      check(self.set:label(name), "data: '%s' is in the %s part but has no label map in %s", name, what, self.set.label_folder)
   end
   return names
end

-- A list to train on without what measures, which is noted; where the latter was drawn it is as meant.
function Splitter:apart(which)
   local names = self:listed(which)
   for _, name in ipairs(names) do
      if self.is_val[name] and self.val_list and not self.noted[name] then
         self.noted[name] = true
         self.found:add('measures', 'warning', 'pictures that were to train but also measure',
            'they are left out of training; take them out of one of the lists', ('%s (%s and %s)'):format(name, which, self.val_list))
      end
   end
   return sorted(without(names, self.is_val))
end

function Splitter:validation()
   local o, set = self.o, self.set
   if amount.of(o.val, 1) then
      local listed = amount.of(o.labelled, 1) and {} or set_of(self:listed(o.labelled))
      local candidates = without(self:having_labels(set.names), listed)
      self.from.val = ('%s of %d, drawn with seed %d'):format(o.val, #candidates, o.seed)
      return draw(candidates, amount.some(o.val, #candidates, 'val'), o.seed, streams.val)
   end
   check(o.val ~= 'val' or set:has(o.val),
      'data: %s has no list of images to measure with: write their names to %s/val.txt, or hold some out with data.val=0.2',
      set.root, set.list_folder)
   self.val_list, self.from.val = o.val, 'list ' .. o.val
   return self:check_labels(sorted(self:listed(o.val)), 'val')
end

-- Everything that may be trained on: the train list, or where there is none all that is not held out.
function Splitter:training()
   local which = self.o.train
   if which ~= 'train' or self.set:has(which) then return self:apart(which) end
   return without(self.set.names, self.is_val)
end

-- The first of the candidates in the order of a list.
function Splitter:first_in_order(candidates, count)
   local which = self.o.order
   local is_candidate, list = set_of(candidates), {}
   for _, name in ipairs(self:listed(which)) do
      if is_candidate[name] and #list < count then list[#list + 1] = name end
   end
   check(#list == count, 'data: data.labelled=%s asks for %d images, but the order %s has %d of the %d that can be labelled',
      self.o.labelled, count, which, #list, #candidates)
   table.sort(list)
   return list, 'first in the order ' .. which
end

function Splitter:balanced(candidates, count)
   local classes, o = self.set.classes, self.o
   local shown = balanced.shown(self.set, candidates, o.threads)
   local list = balanced.choose(candidates, shown, #classes, count, o.seed, streams.labelled)
   local counts, rarest = balanced.count(list, shown, #classes), {}
   for i = 1, #classes do rarest[i] = i end
   table.sort(rarest, function(a, b)
      if counts[a - 1] ~= counts[b - 1] then return counts[a - 1] < counts[b - 1] end
      return a < b
   end)
   for i, class in ipairs(rarest) do rarest[i] = ('%s %d'):format(classes[class], counts[class - 1]) end
   return list, ('balanced by class with seed %d; fewest pictures: %s'):format(o.seed,
      table.concat(rarest, ', ', 1, math.min(3, #rarest)))
end

function Splitter:labelled(train)
   local o = self.o
   local drawn = amount.of(o.labelled, 1) ~= nil
   check(drawn or not o.balanced, 'data: data.balanced=true chooses a fraction or number of pictures, and data.labelled=%s is a list; '
      .. 'leave out one of them', o.labelled)
   check(drawn or o.order == '', 'data: of the order %s the first are taken where data.labelled is a fraction or number, and %s is a '
      .. 'list', o.order, o.labelled)
   check(o.order == '' or not o.balanced, 'data: data.order=%s chooses the first pictures and data.balanced=true by class; leave out '
      .. 'one of them', o.order)
   local candidates = self:having_labels(train)
   check(#candidates > 0, 'data: none of the %d training images has a label map in %s', #train, self.set.label_folder)
   if not drawn then
      local names = self:check_labels(self:apart(o.labelled), 'labelled')
      check(#names > 0, 'data: all images of data.labelled=%s measure too (data.val=%s)', o.labelled, o.val)
      self.from.labelled = 'list ' .. o.labelled
      if #names == #candidates and lists.is_pickle(o.labelled) then
         self.found:add('order', 'warning', 'a pickle that makes all training pictures labelled ones',
            "the original's split files are orders, of which the first are labelled: data.order=FILE data.labelled=1/8", o.labelled)
      end
      return names
   end
   local count = amount.some(o.labelled, #candidates, 'labelled')
   local list, how
   if count == #candidates then
      list, how = sorted(candidates), nil
   elseif o.order ~= '' then
      list, how = self:first_in_order(candidates, count)
   elseif o.balanced then
      list, how = self:balanced(candidates, count)
   else
      list, how = draw(candidates, count, o.seed, streams.labelled), 'drawn with seed ' .. o.seed
   end
   self.from.labelled = ('%s of %d%s'):format(o.labelled, #candidates, how and ', ' .. how or '')
   return list
end

function Splitter:unlabelled(labelled, train)
   local which, is_labelled = self.o.unlabelled, set_of(labelled)
   self.from.unlabelled = which
   if which == 'none' then return {} end
   if which == 'all' then return train end
   if which == 'images' then return without(self.set.names, is_labelled, self.is_val) end
   if which == 'rest' then
      local rest = without(train, is_labelled)
      if #rest > 0 then return rest end
      self.from.unlabelled = 'all, for no other are left'
      return train
   end
   self.from.unlabelled = 'list ' .. which
   return self:apart(which)
end

function Splitter:own()
   local val = self:validation()
   self.is_val = set_of(val)
   local train = self:training()
   local labelled = self:labelled(train)
   return {labelled = labelled, unlabelled = self:unlabelled(labelled, train), val = val}
end

function Splitter:of_run()
   local o = self.o
   local saved, told = saved_split(self.set, o.split, self.found)
   local split = {labelled = saved.labelled, val = saved.val}
   self.is_val = set_of(split.val)
   self.from.labelled, self.from.val = told, 'of ' .. o.split
   if o.unlabelled == 'none' or o.own_unlabelled or #saved.unlabelled == 0 then
      split.unlabelled = self:unlabelled(split.labelled, o.unlabelled == 'none' and {} or self:training())
   else
      split.unlabelled, self.from.unlabelled = saved.unlabelled, 'of ' .. o.split
   end
   return split
end

---@class Split
---@field labelled string[] names of images that train with their labels
---@field unlabelled string[] those that train without
---@field val string[] those that measure

---@class SplitNotes
---@field found Finding[] what is odd between the lists
---@field from string where each part comes from, in one line

--- Parts of a set. Each list is sorted, and drawn ones depend on the seed and the names alone. What measures does not train: it is
--- left out of the other parts.
---
---     local set = hilo.data.open {root = 'photos'}
---     local parts = hilo.data.split(set, {labelled = '2', unlabelled = 'rest', val = '2', seed = 1})
---     print(#parts.labelled, #parts.unlabelled, #parts.val)
---@param set DataSet
---@param options {labelled: string|number|nil, unlabelled: string?, train: string?, val: string|number|nil, balanced: boolean?,
--- order: string?, split: string?, own_unlabelled: boolean?, seed: integer?, threads: integer?}
--- labelled: a fraction (0.125, '1/8'), a number (45, '45'; 1 is one picture), 'all', or a list ('train_1_8_s1', 'my/list.txt');
--- unlabelled: 'rest' (the train images that are not labelled; all of them where none is left), 'all' (every train image), 'images'
--- (every image that is neither labelled nor measures, train list or not), 'none', or a list;
--- train, val: lists; val may be a fraction or number to hold out;
--- balanced: a fraction or number is chosen so that classes are shown evenly, see data/balanced.lua; order: a list of which the first
--- are taken instead; split: the folder of a run whose labelled and validation images are taken, and unlabelled ones where it has some
--- and own_unlabelled is not true; threads: that read label maps for `balanced`
---@return Split, SplitNotes
return function(set, options)
   local o = {labelled = 'all', unlabelled = 'rest', train = 'train', val = 'val', order = '', split = '', seed = 1}
   for key, value in pairs(options) do o[key] = value end
   o.labelled, o.val = tostring(o.labelled), tostring(o.val)
   local splitter = setmetatable({set = set, o = o, found = Findings.new(), lists = {}, noted = {}, from = {}}, Splitter)
   local split = o.split ~= '' and splitter:of_run() or splitter:own()
   local from = splitter.from
   return split, {found = splitter.found:sorted(),
      from = ('labelled: %s; unlabelled: %s; validation: %s'):format(from.labelled, from.unlabelled, from.val)}
end
