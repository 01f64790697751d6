--- train/event_tags.lua: under which names TensorBoard shows what a run reports. What stands before the first / is a group there.
local sorted_keys = require 'hilo.keys'

local event_tags = {}

--- Whether a name of the log is that of a group's member, as 'D/real' is: such a name is its own tag, and not printed.
---@param name string
---@return boolean
function event_tags.is_of_group(name) return name:find('/', 1, true) ~= nil end

local function holds_numbers_alone(t)
   for _, x in pairs(t) do if type(x) ~= 'number' then return false end end
   return next(t) ~= nil
end

local function collect(list, scores, group, path)
   for _, key in ipairs(sorted_keys(scores)) do
      local x = scores[key]
      if type(x) == 'number' then
         list[#list + 1] = {tag = group .. '/' .. path .. key, value = x}
      elseif type(x) == 'table' and holds_numbers_alone(x) then
         collect(list, x, key, path)
      elseif type(x) == 'table' then
         collect(list, x, group, path .. key .. '/')
      end
   end
   return list
end

--- The numbers among scores: 'scores/mean_iou'; those of a table that holds numbers alone, one a class, are a group of their own:
--- 'iou/road', 'average_precision/teacher/road'.
---@param scores table
---@return {tag: string, value: number}[]
function event_tags.of_scores(scores) return collect({}, scores, 'scores', '') end

-- What dotted names begin with together: 'backbone' of 'backbone.conv1.weight' and 'backbone.bn1.bias'.
local function common_start(names)
   local start = names[1] or ''
   for _, name in ipairs(names) do
      while start ~= '' and (name .. '.'):sub(1, #start + 1) ~= start .. '.' do start = start:match('^(.*)%.[^.]*$') or '' end
   end
   return start
end

local function place(t) return ('%d:%d'):format(t._storage.serial, t._offset) end

--- A name for each group of an optimiser: the part of the network that its parameters lie in, or else its number from 0.
---@param optimiser Optimiser
---@param nets table<string, Module>
---@return string[] names '' where there is one group and no name
function event_tags.of_groups(optimiser, nets)
   local name_at, names, taken = {}, {}, {}
   for _, net in pairs(nets) do
      for _, p in ipairs(net:namedParameters()) do name_at[place(p.tensor)] = p.name end
   end
   for g, group in ipairs(optimiser.groups) do
      local inside = {}
      for _, p in ipairs(group.params) do inside[#inside + 1] = name_at[place(p)] or '' end
      local name = #optimiser.groups > 1 and common_start(inside) or ''
      if (name == '' or taken[name]) and #optimiser.groups > 1 then name = tostring(g - 1) end
      names[g], taken[name] = name, true
   end
   return names
end

return event_tags
