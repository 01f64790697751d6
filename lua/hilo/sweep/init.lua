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
local results = require 'hilo.sweep.results'
local Store = require 'hilo.sweep.store'

local launchers = {['local'] = 'hilo.sweep.launchers.local', slurm = 'hilo.sweep.launchers.slurm'}

---@class hilo.sweep
local sweep = {definition = definition, results = results, Store = Store}

--- Carries out a sweep, or what is left of it.
---@param d Definition
---@param options? {display: Display?}
---@return SweepResults
---@return string? stopped why it did not come to its end
function sweep.run(d, options)
   local store = Store.open(d.settings.store, {create = true})
   local study = store:make_study(d.settings.name, d.settings.direction)
   study:transaction(function()
      if d.settings.retry_failed then study:retry_failed() end
      extend(d, study)
   end)
   local launcher = require(launchers[d.settings.launcher]).new(d.settings, d.slurm)
   local coordinator = Coordinator.new(d, study, launcher, options and options.display or Display.new(d))
   local stopped = coordinator:run()
   local found = results.of(study)
   store:close()
   return found, stopped
end

return setmetatable(sweep, {
   __call = function(_, given)
      core.check(type(given) == 'table', 'hilo.sweep expects a table {script =, axes =, ...}, got %s', type(given))
      return sweep.run(definition.of_table(given))
   end,
})
