--- sweep/definition.lua: what a sweep is asked to do: its script, what is fixed, what varies, and how it is carried out.
---
--- A Lua sweep is a file that returns such a table:
---
---     return {
---        script = 'experiments/fuse.lua',
---        options = {tau = 0.2, segmentation = '{gan}', mlmt = '{mlmt}'},  -- or function(values, seed) that returns them
---        axes = {tau = {0.05, 0.1, 0.2}, ['gan.gamma'] = '0.5..0.9:0.2'},   -- stage.option for those of a stage
---        seed = '1..3',
---        needs = {                                                        -- stages: runs that a trial uses
---           gan = {script = 'experiments/s4gan.lua', options = {recipe = 'camvid'}},
---           mlmt = {script = 'experiments/mlmt.lua', options = {recipe = 'camvid'}},
---        },
---        sampler = 'grid', metric = 'mean_iou', jobs = 2,
---     }
---
--- In the options '{gan}' stands for the name of the run that the stage made for this trial, '{gan.path}' for its folder. Stages may
--- need each other in the same way. Trials that agree in all that concerns a stage share its run. An axis whose options are computed
--- need not be an option: axes = {model = {'plain', 'x1', 'x3'}} tries three of the combinations of kind and depth.
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local group = require 'hilo.options.group'
local sorted_keys = require 'hilo.keys'
local nearest = require 'hilo.nearest'
local options = require 'hilo.options.values'
local script = require 'hilo.sweep.script'

local check = core.check
local definition = {}

--- What a sweep itself can be told, beside the options of its script.
definition.own = group('sweep', {
   {'name', '', "of the sweep: its runs lie in <runs>/<name>/; '': the script's own name with -sweep"},
   {'runs', 'runs', 'the folder of all runs'},
   {'store', '', "the database; '': <runs>/sweeps.db"},
   {'sampler', 'auto', 'grid, random, sobol, tpe; auto: grid where all axes are lists or steps, tpe otherwise'},
   {'sampler_seed', 1, 'of what random, sobol and tpe draw'},
   {'trials', 0, 'how many configurations in all; 0: as many as the grid has'},
   {'pruner', 'none', 'median, asha: ends configurations that stay behind'},
   {'metric', 'mean_iou', 'any score or loss that a run reports'},
   {'direction', 'max', 'or min: whether high or low values of the metric are good'},
   {'at', 'last', "or best: which of a run's evaluations counts"},
   {'jobs', 1, 'runs at a time'},
   {'launcher', 'local', 'or slurm'},
   {'fail_limit', 20, 'trials that may fail before no more are started; 0: all'},
   {'retries', 5, 'times that a run may die in a row without getting on'},
   {'retry_failed', false, 'true: run failed trials again'},
   {'report', true, 'write the report at the end'},
})

local choices = {
   sampler = {'auto', 'grid', 'random', 'sobol', 'tpe'}, pruner = {'none', 'median', 'asha'}, direction = {'max', 'min'},
   at = {'last', 'best'}, launcher = {'local', 'slurm'},
}

definition.choices = choices

--- Options of the script that the sweep sets.
local set_by_sweep = {name = true, runs = true, resume = true, overwrite = true, seed = true}

---@class Stage
---@field name string? nil for the sweep's own script
---@field script string
---@field fixed table<string, any>
---@field compute (fun(values: table, seed: integer): table)?
---@field defaults table<string, any>

---@class Definition
---@field settings table what `own` lists
---@field slurm table<string, string> options of sbatch
---@field main Stage
---@field stages table<string, Stage>
---@field axes Axis[] sorted by name; those of stages are named stage.option
---@field seeds integer[]
---@field file string? where the script or the table stands; nil for a table of a script's own
---@field words string[] that were given beside it
---@field stored_axes Axis[]? as the store has them
---@field extent string? of the sweep when this definition was joined with it, see Study:extent

-- ---- stages ----

local function new_stage(name, path, description)
   core.check(description, 'sweep: %s names no options; a sweep needs a script that calls hilo.train.options', path)
   return {name = name, script = path, fixed = {}, defaults = description.defaults, variants = description.variants}
end

local function check_variant(stage, key, value)
   local names = stage.variants and stage.variants[key]
   if names then options.choice(key, value, names) end
end

local function check_axis_variants(stage, key, axis)
   for _, value in ipairs(axis.choices or {}) do check_variant(stage, key, value) end
end

--- The stage that an option's name belongs to, and its name there.
---@param self Definition
---@param key string
---@return Stage
---@return string
local function owner_of(self, key)
   local stage_name, rest = key:match('^([^.]+)%.(.+)$')
   if stage_name and self.stages[stage_name] then return self.stages[stage_name], rest end
   return self.main, key
end

definition.owner_of = owner_of

local function all_names(self)
   local names = {}
   for stage_name, stage in pairs(self.stages) do
      for key in pairs(stage.defaults) do names[stage_name .. '.' .. key] = true end
   end
   return sorted_keys(definition.own, self.main.defaults, self.axis_of, names)
end

-- Puts an option where it belongs: an axis, or fixed.
local function place(self, key, read)
   local stage, own_key = owner_of(self, key)
   local default = stage.defaults[own_key]
   if default == nil then options.unknown(key, all_names(self)) end
   check(not set_by_sweep[own_key], '%s is set by the sweep itself%s', key, own_key == 'seed' and '; give seed=... without a stage'
      or own_key == 'resume' and ': the same command again continues it' or '')
   local axis, value = read(key, default)
   self.axis_of[key], stage.fixed[own_key] = nil, nil
   if axis then
      check_axis_variants(stage, own_key, axis)
      self.axis_of[key] = axis
   else
      check_variant(stage, own_key, value)
      stage.fixed[own_key] = value
   end
end

-- ---- the sweep's own settings ----

local function set_own(self, key, value)
   local default = definition.own[key]
   if type(value) == 'string' and type(default) ~= 'string' then value = options.parse(value, default) end
   check(type(value) == type(default), 'option %s expects %s, as in %s=%s', key, options.kind_of(default), key, tostring(default))
   if choices[key] then options.choice(key, value, choices[key]) end
   self.settings[key] = value
end

local function check_settings(self)
   local s = self.settings
   options.check_whole(s, 0, 'trials', 'fail_limit', 'retries', 'sampler_seed')
   options.check_whole(s, 1, 'jobs')
   check(s.runs ~= '', 'runs: the folder of the runs needs a name; runs=. is this one')
   if s.name == '' then s.name = self.main.defaults.name .. '-sweep' end
   check(s.name:match('^[%w_./-]+$') and not s.name:find('..', 1, true) and not ('/' .. s.name .. '/'):find('/%.?/'),
      "name: a sweep's name becomes a folder in %s/, of letters, digits, '_', '-' and '.'; it cannot be '%s'", s.runs, s.name)
   if s.store == '' then s.store = s.runs .. '/sweeps.db' end
   local endless
   for _, axis in ipairs(self.axes) do
      if axis.kind == 'float' and not axis.step then endless = axis end
   end
   if s.sampler == 'auto' then s.sampler = endless and 'tpe' or 'grid' end
   if s.sampler == 'grid' and endless then
      core.raise(('sampler=grid needs values that can be counted, and %s=%s is a range; give it a step, as in %s:0.1, or a list, '
         .. 'or take sampler=tpe'):format(endless.name, axes_of.describe(endless), axes_of.describe(endless)))
   end
   check(s.sampler == 'grid' or s.trials > 0, 'sampler=%s needs the number of configurations to try: trials=20', s.sampler)
end

-- ---- from words and from tables ----

local function finish(self)
   self.axes = {}
   for _, key in ipairs(sorted_keys(self.axis_of)) do self.axes[#self.axes + 1] = self.axis_of[key] end
   check_settings(self)
   return self
end

local function begin(path, description)
   local self = {settings = {}, slurm = {}, stages = {}, axis_of = {}, seeds = nil, main = new_stage(nil, path, description)}
   for key, value in pairs(definition.own) do self.settings[key] = value end
   self.seeds = {self.main.defaults.seed}
   return self
end

local table_keys = {script = true, options = true, axes = true, seed = true, needs = true, slurm = true}

local function take_options(self, stage, prefix, given)
   if type(given) == 'function' then
      stage.compute = given
      return
   end
   for key, value in pairs(options.flatten(given or {})) do
      place(self, prefix .. key, function(name, default)
         if type(default) == 'table' or type(default) == type(value) then return nil, axes_of.fixed(name, value, default) end
         local axis, one = axes_of.from_lua(name, value, default)
         check(not axis, 'sweep: %s has several values; it belongs to axes', name)
         return nil, one
      end)
   end
end

-- With computed options an axis need not be an option itself, and may have one value, for others may follow.
local function is_computed(self, key)
   local stage, own_key = owner_of(self, key)
   return stage.defaults[own_key] == nil and self.main.compute ~= nil
end

local function set_computed(self, key, axis, one)
   self.axis_of[key] = axis or {name = key, kind = 'choice', choices = {one}}
end

local function take_axis(self, key, value)
   if is_computed(self, key) then
      local first = type(value) == 'table' and (value[1] or value.low) or value
      set_computed(self, key, axes_of.from_lua(key, value, type(first) == 'string' and first:find('..', 1, true) and 1 or first))
   else
      place(self, key, function(name, default) return axes_of.from_lua(name, value, default) end)
   end
end

local function take_stages(self, needs)
   for name, need in pairs(needs) do
      check(type(name) == 'string' and name:match('^[%a_][%w_]*$') and type(need) == 'table' and need.script,
         'sweep: needs is a table of stages, {gan = {script =, options =}, ...}')
      for key in pairs(self.main.defaults) do
         check(key:match('^([^.]+)%.') ~= name,
            "sweep: a stage cannot be called '%s', for the script has a group of options of that name", name)
      end
      for key in pairs(need) do
         check(key == 'script' or key == 'options', "sweep: stage %s: unknown key '%s'; there are script and options", name,
            tostring(key))
      end
      self.stages[name] = new_stage(name, need.script, script.describe(need.script))
   end
   for name, need in pairs(needs) do take_options(self, self.stages[name], name .. '.', need.options) end
end

local function take_table(self, given)
   for key in pairs(given) do
      check(table_keys[key] or definition.own[key] ~= nil, "sweep: unknown key '%s' in a Lua sweep; did you mean '%s'?", tostring(key),
         nearest(tostring(key), all_names(self)))
   end
   take_stages(self, given.needs or {})
   take_options(self, self.main, '', given.options)
   for key, value in pairs(given.axes or {}) do take_axis(self, key, value) end
   if given.seed ~= nil then
      self.seeds = axes_of.seeds(type(given.seed) == 'table' and table.concat(given.seed, ',') or tostring(given.seed))
   end
   for key in pairs(definition.own) do if given[key] ~= nil then set_own(self, key, given[key]) end end
   for key, value in pairs(given.slurm or {}) do self.slurm[key] = tostring(value) end
end

local function take_words(self, words)
   for _, word in ipairs(words) do
      local key, text = word:match('^%-*([^=]+)=(.*)$')
      check(key, "'%s' is not an option; write key=value, for example jobs=2", word)
      local slurm = key:match('^slurm%.(.+)$')
      if slurm then
         check(slurm:match('^[%a-]+$'), "slurm.%s is no option of sbatch", slurm)
         self.slurm[slurm] = text
      elseif key == 'seed' then
         self.seeds = axes_of.seeds(text)
      elseif definition.own[key] ~= nil then
         check(set_by_sweep[key] or self.main.defaults[key] == nil or self.in_table,
            "the script has an option '%s' of its own, and so has the sweep; say it in a Lua sweep, in axes or options", key)
         set_own(self, key, text)
      elseif self.axis_of[key] and is_computed(self, key) then
         local axis = self.axis_of[key]
         set_computed(self, key, axes_of.parse(key, text, axis.choices and axis.choices[1] or axis.low))
      else
         place(self, key, function(name, default) return axes_of.parse(name, text, default) end)
      end
   end
end

--- A sweep as the words of a command say it.
---@param path string an experiment, or a Lua sweep
---@param words string[] key=value
---@return Definition
function definition.read(path, words)
   local description = script.describe(path)
   if description then
      local self = begin(path, description)
      self.file, self.words = path, words
      take_words(self, words)
      return finish(self)
   end
   local chunk, why = loadfile(script.place(path))
   check(chunk, 'sweep: %s', tostring(why))
   local given = chunk()
   check(type(given) == 'table', 'sweep: %s neither names options as an experiment does nor returns the table of a sweep', path)
   return definition.of_table(given, words, path)
end

--- A sweep as a table says it, changed by words.
---@param given table
---@param words? string[]
---@param file? string where the table stands
---@return Definition
function definition.of_table(given, words, file)
   check(type(given) == 'table' and type(given.script) == 'string', "sweep: the table needs script = 'experiments/....lua'")
   local self = begin(given.script, script.describe(given.script))
   self.file, self.words, self.in_table = file, words or {}, true
   take_table(self, given)
   take_words(self, self.words)
   return finish(self)
end

return definition
