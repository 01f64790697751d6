--- train/options.lua: the options of a script are a plain Lua table at its top; the command line overrides single ones as
--- key=value or key.sub=value. Types are those of the defaults.
local comments_of = require 'hilo.train.option_comments'
local core = require 'hilo.core'
local json = require 'hilo.io.json'
local sorted_keys = require 'hilo.keys'
local values = require 'hilo.options.values'

local options = {}

local common = {
   {'name', '', 'of the run; its files lie in <runs>/<name>/'},
   {'runs', 'runs', 'the folder of all runs'},
   {'resume', false, 'true: continue the run of that name'},
   {'overwrite', false, 'true: start afresh although a run of that name exists'},
   {'seed', 1, 'of all random numbers'},
   {'device', 'cpu', 'or cuda'},
   {'graph', false, 'true: record the training step as a CUDA graph and replay it'},
   {'threads', 0, 'of the CPU; 0: as many as this process may use'},
   {'workers', 2, 'threads that read and transform images'},
   {'cache_mb', 256, 'memory for decoded images'},
   {'memory_limit', 0, 'megabytes that the process may take; beyond them the run ends and names the largest tensors. 0: no limit'},
   {'log_every', 10, 'steps between two lines of losses'},
   {'eval_every', 200, 'steps between two evaluations; 0: at the end only'},
   {'checkpoint_every', 100, 'steps between two checkpoints; 0: at the end only'},
   {'tracking', true, "events for TensorBoard, facts of the machine and pictures in the run's folder"},
   {'pictures', 4, 'validation images that an evaluation shows'},
   {'on_nan', 'stop', 'losses that are NaN or infinite end the run; skip: such steps are left out'},
   {'strict', false, 'true: what looks wrong with the data set stops the run before it trains'},
   {'diagnostics', 16, 'crops of labelled, validation and unlabelled pictures each on which an evaluation measures what the method '
      .. 'does; 0: none'},
   {'histograms', 0, 'of parameters and gradients, every so many evaluations and at the end; 0: never'},
}

--- What every experiment can be told.
---@type table<string, any>
options.common = {}
local meanings_of_common = {}
for _, option in ipairs(common) do options.common[option[1]], meanings_of_common[option[1]] = option[2], option[3] end

--- What may differ between a run and its continuation, for none of it changes a result.
options.free = {resume = true, overwrite = true, threads = true, workers = true, cache_mb = true, memory_limit = true, runs = true,
   checkpoint_every = true, device = true, graph = true, tracking = true, pictures = true, histograms = true, diagnostics = true,
   strict = true, on_nan = true}

-- ---- nested tables and dotted keys ----

local function copy(value)
   if type(value) ~= 'table' then return value end
   local out = {}
   for k, v in pairs(value) do out[k] = copy(v) end
   return out
end

local function assign(t, key, value)
   local group, rest = key:match('^([^.]+)%.(.+)$')
   if group then return assign(t[group], rest, value) end
   t[key] = value
end

-- ---- the command line ----

--- {'seed=2', 'data.root=x'} -> {seed = 2, ['data.root'] = 'x'}, checked against the defaults.
local function parse_arguments(arguments, flat, keys)
   local given = {}
   for _, word in ipairs(arguments) do
      local key, text = word:match('^%-*([^=]+)=(.*)$')
      core.check(key, "'%s' is not an option; write key=value, for example seed=2", word)
      if flat[key] == nil then values.unknown(key, keys) end
      given[key] = values.read(key, text, flat[key])
   end
   return given
end

local function overlay(o, changes, keys, what)
   for key, value in pairs(values.flatten(changes)) do
      local old = values.flatten(o)[key]
      if old == nil then values.unknown(key, keys) end
      core.check(type(old) == type(value), '%s: %s is %s, the default is %s', what, key, values.text_of(value), values.text_of(old))
      assign(o, key, copy(value))
   end
end

-- And what else is known: by the comments of the script, and of those that every experiment has.
local function all_meanings(defaults, keys, script)
   local about, said = values.meanings_of(defaults), comments_of(script)
   for _, key in ipairs(keys) do
      about[key] = about[key] or said[key:match '[^.]+$'] or said[key:match '^[^.]+'] or meanings_of_common[key]
   end
   return about
end

local function help(flat, keys, about)
   print('options, with their defaults:')
   for _, key in ipairs(keys) do
      local line = ('  %s=%s'):format(key, values.text_of(flat[key]))
      print(about[key] and ('%-32s %s'):format(line, about[key]) or line)
   end
end

-- What another program needs to know of a script: a line for it to find.
local function describe(flat, variants, about)
   local named, choices = {}, {}
   for kind, of_kind in pairs(variants or {}) do named[kind] = sorted_keys(of_kind) end
   for key in pairs(flat) do choices[key] = values.choices[key] end
   print(options.description .. json.encode({defaults = flat, variants = named, choices = choices, meanings = about},
      {one_line = true}))
end

--- How the line begins that `script.lua describe` prints: then comes JSON, {defaults = by flat key, variants = {recipe = names,
--- preset = names}, choices = by flat key, meanings = by flat key}.
options.description = 'hilo options: '

-- options -> where they came from
local origins = setmetatable({}, {__mode = 'k'})

--- Where the options of a script came from.
---@param o table what options.resolve gave
---@return {script: string, defaults: table<string, any>, given: table<string, any>} by flat keys: the script's own values, and those
--- of the command line
function options.origin(o) return origins[o] or {script = '', defaults = {}, given = {}} end

local of_one_run = {name = true, runs = true, seed = true, resume = true, overwrite = true}

--- What the command line of a script that starts others says to all: device, threads and what else any experiment can be told.
---@param o table what options.resolve gave
---@return table<string, any> by name
function options.handed_on(o)
   local given = {}
   for key, value in pairs(options.origin(o).given) do
      if options.common[key] ~= nil and not of_one_run[key] then given[key] = value end
   end
   return given
end

-- ---- continuing a run ----

local function same(a, b) return values.text_of(a) == values.text_of(b) end

--- The saved options of a run, changed where `given` may change them.
local function resumed(o, given, keys)
   local path = ('%s/%s/options.json'):format(o.runs, o.name)
   core.check(core.host.hl_host_path_kind(path) == 1, 'resume: there is no run to continue, %s is missing', path)
   local saved = json.load(path)
   local flat = values.flatten(saved)
   for _, key in ipairs(keys) do
      if flat[key] ~= nil and not options.free[key] then
         core.check(given[key] == nil or same(given[key], flat[key]),
            'resume: the run was started with %s=%s and cannot go on with %s', key, values.text_of(flat[key]),
            values.text_of(given[key]))
         assign(o, key, flat[key])
      elseif flat[key] ~= nil and given[key] == nil and key ~= 'resume' and key ~= 'overwrite' then
         assign(o, key, flat[key])
      end
   end
   return o
end

--- Errors where a run that is to be continued is no longer the one whose options were read: another process may have started it afresh
--- until its folder was locked.
---@param o table what options.resolve gave, with resume
function options.check_unchanged(o)
   local path = ('%s/%s/options.json'):format(o.runs, o.name)
   core.check(core.host.hl_host_path_kind(path) == 1, 'resume: there is no run to continue, %s is missing', path)
   local own = values.flatten(o)
   for key, value in pairs(values.flatten(json.load(path))) do
      core.check(options.free[key] or own[key] == nil or same(own[key], value),
         'resume: %s was started afresh by another process just now, with %s=%s instead of %s; look at it and try again', o.name, key,
         values.text_of(value), values.text_of(own[key]))
   end
end

--- The options of a script: its defaults, changed by a recipe, then by a preset, then by the command line.
--- A continued run (resume=true) takes those it was started with.
---
---     local o = hilo.train.options({name = 'mine', lr = 0.1, crop = {97, 97}}, nil, {'lr=0.05', 'crop=33x33'})
---     assert(o.lr == 0.05 and o.crop[1] == 33)
---@param defaults table nested tables of strings, numbers, booleans and lists; those in options.common are added
---@param variants? {recipe: table<string, table>?, preset: table<string, table>?} named changes, chosen with recipe=, preset=
---@param arguments? string[] those of the command line if not given
---@return table
function options.resolve(defaults, variants, arguments)
   local o = copy(options.common)
   for key, value in pairs(defaults) do o[key] = copy(value) end
   local flat, keys = values.flatten(o)
   arguments = arguments or rawget(_G, 'arg') or {}
   if arguments[1] == 'help' or arguments[1] == '--help' or arguments[1] == '-h' then
      help(flat, keys, all_meanings(defaults, keys, arguments[0] or ''))
      os.exit(0)
   end
   if arguments[1] == 'describe' then
      describe(flat, variants, all_meanings(defaults, keys, arguments[0] or ''))
      os.exit(0)
   end
   local given = parse_arguments(arguments, flat, keys)
   for _, kind in ipairs {'recipe', 'preset'} do
      local named = variants and variants[kind]
      if named then
         local chosen = values.choice(kind, given[kind] or o[kind], sorted_keys(named))
         overlay(o, named[chosen], keys, kind .. ' ' .. chosen)
      end
   end
   for key, value in pairs(given) do assign(o, key, value) end
   core.check(o.name:match('^[^/].*$') and not o.name:find('..', 1, true) or o.name == '',
      "name: a run's name becomes a folder in %s/, it cannot be '%s'", o.runs, o.name)
   if o.resume then resumed(o, given, keys) end
   origins[o] = {script = arguments[0] or '', defaults = flat, given = given}
   return o
end

return options
