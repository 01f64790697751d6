--- hilo.sweep: many runs of a script from one command or one table, kept in one store.
---
---     local found = hilo.sweep {
---        script = 'experiments/supervised.lua', name = 'rates', axes = {lr = '0.01,0.05'},
---        options = {['data.root'] = 'photos', ['data.val'] = 0.5, crop = '33x33', batch = 2, ['model.width'] = 4, steps = 4},
---     }
---     print(hilo.sweep.results.table(found))
local core = require 'hilo.core'
local Coordinator = require 'hilo.sweep.coordinator'
local definition = require 'hilo.sweep.definition'
local Display = require 'hilo.sweep.display'
local extend = require 'hilo.sweep.extend'
local folder = require 'hilo.data.folder'
local grid = require 'hilo.sweep.samplers.grid'
local plan = require 'hilo.sweep.plan'
local results = require 'hilo.sweep.results'
local space = require 'hilo.sweep.samplers.space'
local Store = require 'hilo.sweep.store'

local launchers = {['local'] = 'hilo.sweep.launchers.local', slurm = 'hilo.sweep.launchers.slurm'}

local check = core.check

---@class hilo.sweep
local sweep = {definition = definition, results = results, Store = Store}

local most_planned = 10000 -- configurations whose options are computed before the first run, some 0.1 ms each

-- What cannot be computed is an error before anything is trained, where the configurations can be counted.
local function check_configurations(d)
   local n = space.size(d.axes)
   if n == math.huge then return end
   for position = 0, math.min(n, most_planned) - 1 do plan(d, position, grid.configuration(d.axes, position), d.seeds[1]) end
end

-- The folder of a new sweep is not that of a run, whose report it would write over.
local function check_folder(d, study)
   local path = d.settings.runs .. '/' .. d.settings.name
   check(study:definition() or not folder.is_file(path .. '/log.jsonl'), '%s holds a run already; take another name=', path)
end

--- Carries out a sweep, or what is left of it.
---@param d Definition
---@param options? {display: Display?}
---@return SweepResults
---@return string? stopped why it did not come to its end
function sweep.run(d, options)
   check_configurations(d)
   local store = Store.open(d.settings.store, {create = true})
   local study, older = store.db:transaction(function()
      local study = store:make_study(d.settings.name, d.settings.direction)
      check_folder(d, study)
      return study, extend(d, study)
   end)
   local launcher = require(launchers[d.settings.launcher]).new(d.settings, d.slurm)
   local display = options and options.display or Display.new(d)
   if #older > 0 then display:note(('also runs %s of the earlier command'):format(table.concat(older, ', '))) end
   local coordinator = Coordinator.new(d, study, launcher, display)
   local stopped = coordinator:run()
   local found = results.of(study)
   store:close()
   return found, stopped
end

return setmetatable(sweep, {
   __call = function(_, given)
      check(type(given) == 'table', 'hilo.sweep expects a table {script =, axes =, ...}, got %s', type(given))
      return sweep.run(definition.of_table(given))
   end,
})
