--- data/check/parts.lua: which pictures train and which measure, and what is wrong between the two.
local command = require 'hilo.command'
local Findings = require 'hilo.data.check.findings'
local split_of = require 'hilo.data.split'
local maps = require 'hilo.data.check.maps'
local twins = require 'hilo.data.check.twins'

local parts = {}

local function set_of(names)
   local has = {}
   for _, name in ipairs(names or {}) do has[name] = true end
   return has
end

local function reason(message) return (command.plain(message):gsub('^data: ', '')) end

local function list(set, which)
   local ok, names = pcall(set.listed, set, which, {found = Findings.new()}) -- a name that stands there twice is told elsewhere
   if ok then table.sort(names) end
   return ok and names or nil
end

-- Names of the lists that train, and of those that measure. Parts that are drawn share nothing with others.
local function lists_of(set, options)
   if (options.split or '') ~= '' then return {}, {} end -- a run has chosen them
   local train, held = {options.train or 'train'}, {options.val or 'val'}
   if held[1] ~= 'test' then held[2] = 'test' end
   for _, which in ipairs {options.labelled or 'all', options.unlabelled or 'rest'} do
      if which ~= train[1] and set:list_path(which) then train[#train + 1] = which end
   end
   return train, held
end

local function check_lists(set, options, found)
   local train, held = lists_of(set, options)
   for _, other in ipairs(held) do
      local is_held = set_of(list(set, other))
      for _, which in ipairs(train) do
         for _, name in ipairs(list(set, which) or {}) do
            if is_held[name] then
               found:add('two_lists', 'error', 'pictures in two lists that must not share any',
                  'take them out of one: a picture that trains cannot measure', ('%s is in %s and in %s'):format(name, which, other))
            end
         end
      end
   end
   return found:has 'two_lists', list(set, train[1]), list(set, held[1])
end

--- Notes pictures of a list that is meant as unlabelled, but holds what trains with labels.
---@param split Split
---@param options {unlabelled: string?}
---@param found Findings
function parts.check_unlabelled(split, options, found)
   if not parts.meant_apart(options.unlabelled) then return end
   local is_labelled = set_of(split.labelled)
   for _, name in ipairs(split.unlabelled) do
      if is_labelled[name] then found:add('both', 'warning', parts.both_title, parts.both_mend, name) end
   end
end

parts.both_title = 'pictures that are both labelled and in the list of unlabelled ones'
parts.both_mend = 'take them out of the list, or say data.unlabelled=all if every picture is meant'

--- Whether the option names a list, which is meant to hold pictures that are not labelled.
---@param unlabelled string?
---@return boolean
function parts.meant_apart(unlabelled)
   return ({rest = true, all = true, images = true, none = true})[unlabelled or 'rest'] == nil
end

--- The parts of a set as a run with these options would take them, nil where it could not.
---@param set DataSet
---@param options table of data.split
---@param found Findings
---@return Split
function parts.of(set, options, found)
   local both, train, val = check_lists(set, options, found)
   local ok, split, notes = pcall(split_of, set, options)
   if ok then
      found:join(notes.found, {measures = both})
      parts.check_unlabelled(split, options, found)
      return split
   end
   if not both then
      local no_val = (options.val or 'val') == 'val' and not val
      found:add('lists', no_val and 'note' or 'error', no_val and 'there is no list of pictures to measure with'
         or 'a run could not take its parts from the lists', no_val and 'hold some out: data.val=0.2; or write a list' or
         'mend the lists, or name others: data.train=, data.val=, data.labelled=', reason(split))
   end
   local is_val, labelled, unlabelled = set_of(val), {}, {}
   for _, name in ipairs(train or set.names) do
      if not is_val[name] then table.insert(set:label(name) and labelled or unlabelled, name) end
   end
   return {labelled = labelled, unlabelled = unlabelled, val = val or {}}
end

-- Pictures that show each class.
local function seen_in(set, names, labels)
   local class_of, count = maps.classes_of(set), {}
   for _, name in ipairs(names) do
      local l, has = labels[name], {}
      for v in pairs(l and not l.coloured and l.values or {}) do has[class_of(v)] = true end
      for class in pairs(has) do count[class] = (count[class] or 0) + 1 end
   end
   return count
end

local function check_classes(set, split, labels, found)
   local train, val = seen_in(set, split.labelled, labels), seen_in(set, split.val, labels)
   for i, class in ipairs(set.classes) do
      if #split.labelled > 0 and not train[i - 1] then
         found:add('never', 'warning', 'classes that no labelled training picture shows',
            'they cannot be learnt: add pictures of them, label more, or draw others (seed=)',
            val[i - 1] and ('%s (%d validation pictures show it)'):format(class, val[i - 1]) or class)
      end
   end
   for i, class in ipairs(set.classes) do
      if #split.val > 0 and not val[i - 1] then
         found:add('unmeasured', 'warning', 'classes that no validation picture shows',
            'their IoU cannot be measured: move pictures of them to the validation list', class)
      end
   end
   return train, val
end

-- Those of the names that could be read and that `taken` does not hold yet, which then holds them.
local function looks_of(names, pictures, taken)
   local looks = {}
   for _, name in ipairs(names) do
      if pictures[name] and pictures[name].small and not taken[name] then looks[#looks + 1], taken[name] = pictures[name], true end
   end
   return looks
end

local most_pairs = 4 -- of a finding that the page shows

local function add_twins(first, part, second, other, add)
   for _, pair in ipairs(twins(first, second)) do
      local a, b = pair[1].path, pair[2].path
      local f = add(('%s (%s) and %s (%s)'):format(a, part, b, other))
      f.pairs = f.pairs or {}
      if #f.pairs < most_pairs then table.insert(f.pairs, {a, b}) end
   end
end

-- Pictures that are nearly the same where they should not be: in what trains and what measures; with a label map and without.
local function check_twins(set, split, pictures, found)
   local taken = {}
   local held = {val = looks_of(split.val, pictures, taken), test = looks_of(list(set, 'test') or {}, pictures, taken)}
   local labelled, unlabelled = looks_of(split.labelled, pictures, taken), looks_of(split.unlabelled, pictures, taken)
   for _, other in ipairs {'val', 'test'} do
      local function add(case)
         return found:add('twins', 'warning', 'near-identical pictures in train and val or test',
            'take one of each out: the score would be too good', case)
      end
      add_twins(labelled, 'labelled', held[other], other, add)
      add_twins(unlabelled, 'unlabelled', held[other], other, add)
   end
   add_twins(unlabelled, 'unlabelled', labelled, 'labelled', function(case)
      return found:add('twins_train', 'note', 'near-identical pictures of which one is labelled and one is not',
         'the unlabelled one teaches nothing new: it may go', case)
   end)
end

--- Looks at what a run would train on and measure with.
---@return table train, table val pictures that show each class, by class
function parts.check(set, split, pictures, labels, found)
   check_twins(set, split, pictures, found)
   return check_classes(set, split, labels, found)
end

return parts
