--- data/split.lua: which images train with their labels, which without, and which measure the result.
local core = require 'hilo.core'
local Draws = require 'hilo.data.draws'

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

local function having_labels(set, names)
   local list = {}
   for _, name in ipairs(names) do if set:label(name) then list[#list + 1] = name end end
   return list
end

local function check_labels(set, names, what)
   for _, name in ipairs(names) do
      check(set:label(name), "data: '%s' is in the %s part but has no label map in %s", name, what, set.label_folder)
   end
   return names
end

-- '1/8', '0.125', '45', 'all' -> how many of n images; nil for the name of a list
local function amount(text, n)
   if text == 'all' then return n end
   local a, b = text:match('^(%d+)/(%d+)$')
   if a then return math.floor(n * tonumber(a) / tonumber(b)) end
   local x = tonumber(text)
   if not x then return nil end
   check(x >= 0 and x < math.huge, 'data: expected a fraction, a number of images or a list, got %s', text)
   if text:find('[.eE]') then
      check(x <= 1, 'data: a fraction is at most 1.0, got %s', text)
      return math.floor(n * x + 1e-9)
   end
   return x
end

-- `count` of the names, drawn with the seed; the same whatever order the names came in.
local function draw(names, count, seed, stream)
   table.sort(names)
   local order, chosen = Draws.order(seed, stream, 0, #names), {}
   for i = 1, count do chosen[i] = names[order[i]] end
   table.sort(chosen)
   return chosen
end

-- The names that `text` stands for: a list, or a drawn part of `candidates`.
local function choose(set, text, candidates, seed, what)
   local count = amount(text, #candidates)
   if not count then return check_labels(set, set:list(text), what) end
   check(count >= 1, 'data: %s=%s of %d labelled images leaves none; raise it', what, text, #candidates)
   check(count <= #candidates, 'data: %s=%s asks for more than the %d images that have labels', what, text, #candidates)
   return draw(candidates, count, seed, streams[what])
end

local function validation(set, text, seed)
   if amount(text, 1) then return choose(set, text, having_labels(set, set.names), seed, 'val') end
   check(text ~= 'val' or set:has(text),
      'data: %s has no list of images to measure with: write their names to %s/val.txt, or hold some out with data.val=0.2',
      set.root, set.list_folder)
   return check_labels(set, set:list(text), 'val')
end

-- Everything that may be trained on: the train list, or where there is none all that is not held out.
local function training(set, text, val)
   if text ~= 'train' or set:has(text) then
      local names = set:list(text)
      for _, name in ipairs(names) do
         check(not val[name], "data: '%s' is both in the %s and in the val part", name, text)
      end
      return names
   end
   return without(set.names, val)
end

---@class Split
---@field labelled string[] names of images that train with their labels
---@field unlabelled string[] those that train without
---@field val string[] those that measure

--- Parts of a set. Each list is sorted, and drawn ones depend on the seed and the names alone.
---@param set DataSet
---@param options {labelled: string?, unlabelled: string?, train: string?, val: string?, seed: integer}
--- labelled: a fraction ('0.125', '1/8'), a number ('45'), 'all', or a list ('train_1_8_s1', 'my/list.txt');
--- unlabelled: 'rest' (the train images that are not labelled; all of them where none is left), 'all' (every train image), 'images'
--- (every image that is neither labelled nor measures, train list or not), 'none', or a list;
--- train, val: lists; val may be a fraction or number to hold out
---@return Split
return function(set, options)
   local seed = options.seed or 1
   local val = validation(set, options.val or 'val', seed)
   local is_val = set_of(val)
   local train = training(set, options.train or 'train', is_val)
   local candidates = having_labels(set, train)
   check(#candidates > 0, 'data: none of the %d training images has a label map in %s', #train, set.label_folder)
   local labelled = choose(set, options.labelled or 'all', candidates, seed, 'labelled')
   local is_labelled = set_of(labelled)
   local which, unlabelled = options.unlabelled or 'rest'
   if which == 'none' then
      unlabelled = {}
   elseif which == 'all' then
      unlabelled = train
   elseif which == 'images' then
      unlabelled = without(set.names, is_labelled, is_val)
   elseif which == 'rest' then
      unlabelled = without(train, is_labelled)
      if #unlabelled == 0 then unlabelled = train end
   else
      unlabelled = set:list(which)
   end
   for _, name in ipairs(labelled) do
      check(not is_val[name], "data: '%s' is both in the labelled and in the val part", name)
   end
   return {labelled = labelled, unlabelled = unlabelled, val = val}
end
