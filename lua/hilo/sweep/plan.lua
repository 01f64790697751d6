--- sweep/plan.lua: the runs that a trial is made of: one of the sweep's script for each seed, and before it those of the stages that
--- it needs. A stage's run is named after its options, so that trials which agree in them share it.
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local definition = require 'hilo.sweep.definition'
local free = require('hilo.train.options').free
local json = require 'hilo.io.json'
local sorted_keys = require 'hilo.keys'
local options = require 'hilo.options.values'

local check = core.check

---@class PlannedRun
---@field name string below the runs' folder
---@field stage string? nil for the sweep's own script
---@field script string
---@field seed integer
---@field options table<string, any> by flat key; name, runs and seed are not among them
---@field needs string[] names of the runs that must end before

local function hash(text) return ('%08x'):format(tonumber(core.host.hl_host_crc32(0, text, #text))) end

-- The same for stages that differ in nothing that changes a result.
local function stage_hash(stage, given)
   local telling = {}
   for key, value in pairs(given) do
      if not free[key] then telling[key] = value end
   end
   return hash(stage.script .. json.encode(telling))
end

-- What a stage is told, before the names of other stages' runs are put in.
local function stage_options(d, stage, values, seed)
   local given, computed = {}, {}
   for key, value in pairs(stage.fixed) do given[key] = value end
   if stage.compute then
      local returned = stage.compute(values, seed)
      check(type(returned) == 'table', 'sweep: the function that computes options must return a table, got %s', type(returned))
      computed = options.flatten(returned)
      for key, value in pairs(computed) do
         local default = stage.defaults[key]
         if default == nil then options.unknown(key, sorted_keys(stage.defaults)) end
         check(type(value) == type(default), 'sweep: the computed %s is %s; the script expects %s', key, axes_of.text_of(value),
            options.kind_of(default))
         given[key] = value
      end
   end
   for key, value in pairs(values) do
      local owner, own_key = definition.owner_of(d, key)
      if owner == stage and stage.defaults[own_key] ~= nil then
         given[own_key] = options.parse(axes_of.text_of(value), stage.defaults[own_key])
         local other = computed[own_key]
         check(other == nil or axes_of.text_of(other) == axes_of.text_of(given[own_key]), 'sweep: the function that computes options '
            .. 'returned %s=%s, but %s is an axis, which has %s here; give the axis a name that is no option, or let the values of '
            .. 'one axis name the combinations to try', own_key, axes_of.text_of(other), key, axes_of.text_of(value))
      end
   end
   return given
end

local function each_text(value, f)
   if type(value) == 'string' then return f(value) end
   if type(value) ~= 'table' then return value end
   local list = {}
   for i, item in ipairs(value) do list[i] = each_text(item, f) end
   return list
end

--- The runs of one seed of a trial, in an order in which each comes after those it needs; the last is the sweep's own.
---@param d Definition
---@param number integer of the trial
---@param values table<string, any>
---@param seed integer
---@return PlannedRun[]
return function(d, number, values, seed)
   local folder, runs, made, under_way = d.settings.name, {}, {}, {}
   local plan

   local function fill(given)
      local needs, seen = {}, {}
      local function run_of(name)
         check(d.stages[name], "sweep: '{%s}' names no stage; needs has %s", name, table.concat(sorted_keys(d.stages), ', '))
         local run = plan(d.stages[name])
         if not seen[run.name] then
            seen[run.name] = true
            needs[#needs + 1] = run.name
         end
         return run.name
      end
      local filled = {}
      for key, value in pairs(given) do
         filled[key] = each_text(value, function(text)
            text = text:gsub('{([%a_][%w_]*)}', run_of)
            return (text:gsub('{([%a_][%w_]*)%.path}', function(name) return d.settings.runs .. '/' .. run_of(name) end))
         end)
      end
      table.sort(needs)
      return filled, needs
   end

   function plan(stage)
      if made[stage] then return made[stage] end
      check(not under_way[stage], "sweep: stage '%s' needs itself", tostring(stage.name))
      under_way[stage] = true
      local given, needs = fill(stage_options(d, stage, values, seed))
      local name = ('%s/%04d-s%d'):format(folder, number, seed)
      if stage.name then name = ('%s/%s-%s-s%d'):format(folder, stage.name, stage_hash(stage, given), seed) end
      local run = {name = name, stage = stage.name, script = stage.script, seed = seed, options = given, needs = needs}
      made[stage] = run
      runs[#runs + 1] = run
      return run
   end

   plan(d.main)
   return runs
end
