--- data/check/parts.lua: which pictures train and which measure, and what is wrong between the two.
local split_of = require 'hilo.data.split'
local maps = require 'hilo.data.check.maps'
local twins = require 'hilo.data.check.twins'

local parts = {}

local function set_of(names)
   local has = {}
   for _, name in ipairs(names or {}) do has[name] = true end
   return has
end

local function reason(message) return (tostring(message):gsub('^data: ', '')) end

local function list(set, which)
   local ok, names = pcall(set.list, set, which)
   return ok and names or nil
end

local function check_lists(set, options, found)
   local train, val = list(set, options.train or 'train'), list(set, options.val or 'val')
   local is_val, both = set_of(val), false
   local function add(name, which)
      both = true
      found:add('two_lists', 'error', 'pictures in two lists that must not share any',
         'take them out of one: a picture that trains cannot measure',
         ('%s is in %s and in %s'):format(name, which, options.val or 'val'))
   end
   for _, name in ipairs(train or {}) do if is_val[name] then add(name, options.train or 'train') end end
   for _, which in ipairs {'labelled', 'unlabelled'} do
      if options[which] and set:list_path(options[which]) and options[which] ~= (options.train or 'train') then
         for _, name in ipairs(list(set, options[which]) or {}) do if is_val[name] then add(name, options[which]) end end
      end
   end
   return both, train, val
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
   local ok, split = pcall(split_of, set, options)
   if ok then
      parts.check_unlabelled(split, options, found)
      return split
   end
   if not both then
      local no_val = not options.val and not val
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

local function read_ones(names, pictures)
   local list_of = {}
   for _, name in ipairs(names) do if pictures[name] and pictures[name].small then list_of[#list_of + 1] = pictures[name] end end
   return list_of
end

local function check_twins(split, pictures, found)
   local train, is_val, listed = {}, set_of(split.val), {}
   for _, names in ipairs {split.labelled, split.unlabelled} do
      for _, name in ipairs(names) do
         if not listed[name] and not is_val[name] then train[#train + 1], listed[name] = name, true end
      end
   end
   for _, pair in ipairs(twins(read_ones(train, pictures), read_ones(split.val, pictures))) do
      found:add('twins', 'warning', 'near-identical pictures in train and val', 'take one of each out: the score would be too good',
         ('%s and %s'):format(pair[1].path, pair[2].path))
   end
end

--- Looks at what a run would train on and measure with.
---@return table train, table val pictures that show each class, by class
function parts.check(set, split, pictures, labels, found)
   check_twins(split, pictures, found)
   return check_classes(set, split, labels, found)
end

return parts
