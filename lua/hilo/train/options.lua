--- train/options.lua: the options of a script are a plain Lua table at its top; the command line overrides single ones as
--- key=value or key.sub=value. Types are those of the defaults.
local comments_of = require 'hilo.train.option_comments'
local core = require 'hilo.core'
local nearest = require 'hilo.nearest'
local sorted_keys = require 'hilo.keys'
local json = require 'hilo.io.json'

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

--- The values that options may have which mean the same in all scripts, by flat key. Other files add those that they know of.
---@type table<string, (string|number)[]>
options.choices = {
   device = {'cpu', 'cuda', 'emu'}, precision = {'float32', 'bf16'}, optimiser = {'sgd', 'adam'}, ['eval.labels'] = {'full', 'input'},
}

-- ---- names ----

--- The name that looks most like `word`, whether or not its groups (data., model.) were given.
---@param word string
---@param names string[]
---@return string?
function options.nearest(word, names)
   return (nearest(word, names))
end

--- Errors unless value is one of the names; the error lists them and suggests the nearest.
---
---     hilo.train.choice('mode', 'fast', {'fast', 'exact'})  -- an error where it is neither
---@param what string for the message: 'preset'
---@param value string
---@param names? string[] those that options.choices has if not given
function options.choice(what, value, names)
   names = names or options.choices[what]
   core.check(names, "choice: no values of '%s' are known; name them", what)
   for _, name in ipairs(names) do if name == value then return value end end
   core.raise(("%s: there is no '%s'; did you mean '%s'? (%s)"):format(what, tostring(value),
      options.nearest(tostring(value), names), table.concat(names, ', ')))
end

-- ---- nested tables and dotted keys ----

local function is_group(value) return type(value) == 'table' and #value == 0 and next(value) ~= nil end

local function copy(value)
   if type(value) ~= 'table' then return value end
   local out = {}
   for k, v in pairs(value) do out[k] = copy(v) end
   return out
end

--- {data = {root = 'x'}} -> {['data.root'] = 'x'}, and the keys in order.
local function flatten(t, prefix, flat, keys)
   flat, keys = flat or {}, keys or {}
   for key, value in pairs(t) do
      local name = (prefix or '') .. key
      if is_group(value) then
         flatten(value, name .. '.', flat, keys)
      else
         flat[name] = value
         keys[#keys + 1] = name
      end
   end
   if not prefix then table.sort(keys) end
   return flat, keys
end

local function assign(t, key, value)
   local group, rest = key:match('^([^.]+)%.(.+)$')
   if group then return assign(t[group], rest, value) end
   t[key] = value
end

local function kind_of(value)
   if type(value) == 'table' then
      return type(value[1]) == 'number' and 'numbers separated by commas' or 'names separated by commas'
   end
   return ({number = 'a number', boolean = 'true or false', string = 'text'})[type(value)]
end

local function text_of(value)
   if type(value) == 'table' then return table.concat(value, ',') end
   return tostring(value)
end

-- ---- the command line ----

local function parse_number(text)
   local x = tonumber(text)
   return x and x == x and math.abs(x) ~= math.huge and x or nil
end

local function parse_list(text, like)
   local list, separators = {}, type(like) == 'number' and '[^,x]+' or '[^,]+'
   for part in text:gmatch(separators) do
      local value = part
      if type(like) == 'number' then value = parse_number(part) end
      if value == nil then return nil end
      list[#list + 1] = value
   end
   return #list > 0 and list or nil
end

--- The value that `text` stands for, of the type that `default` has; nil if it is none.
local function parse(text, default)
   if type(default) == 'string' then return text end
   if type(default) == 'number' then return parse_number(text) end
   if type(default) == 'boolean' then
      if text == 'true' then return true elseif text == 'false' then return false end
      return nil
   end
   return parse_list(text, default[1])
end

local function unknown(key, keys)
   core.raise(("there is no option '%s'; did you mean '%s'? (`help` lists all)"):format(key, options.nearest(key, keys)))
end

--- {'seed=2', 'data.root=x'} -> {seed = 2, ['data.root'] = 'x'}, checked against the defaults.
local function parse_arguments(arguments, flat, keys)
   local given = {}
   for _, word in ipairs(arguments) do
      local key, text = word:match('^%-*([^=]+)=(.*)$')
      core.check(key, "'%s' is not an option; write key=value, for example seed=2", word)
      if flat[key] == nil then unknown(key, keys) end
      local value = parse(text, flat[key])
      core.check(value ~= nil, "option %s expects %s, as in %s=%s; got '%s'", key, kind_of(flat[key]), key, text_of(flat[key]),
         text)
      given[key] = value
   end
   return given
end

local function overlay(o, changes, keys, what)
   for key, value in pairs(flatten(changes)) do
      local old = flatten(o)[key]
      if old == nil then unknown(key, keys) end
      core.check(type(old) == type(value), '%s: %s is %s, the default is %s', what, key, text_of(value), text_of(old))
      assign(o, key, copy(value))
   end
end

--- group of a script's options -> {key = what it means}; see option_group.lua.
options.meanings = setmetatable({}, {__mode = 'k'})

--- What each option means, by flat key, as far as the groups of a script say.
---@param defaults table
---@return table<string, string>
function options.meanings_of(defaults)
   local flat = {}
   for key, about in pairs(options.meanings[defaults] or {}) do flat[key] = about end
   for name, group in pairs(defaults) do
      for key, about in pairs(type(group) == 'table' and options.meanings[group] or {}) do flat[name .. '.' .. key] = about end
   end
   return flat
end

-- And what else is known: by the comments of the script, and of those that every experiment has.
local function all_meanings(defaults, keys, script)
   local about, said = options.meanings_of(defaults), comments_of(script)
   for _, key in ipairs(keys) do
      about[key] = about[key] or said[key:match '[^.]+$'] or said[key:match '^[^.]+'] or meanings_of_common[key]
   end
   return about
end

local function help(flat, keys, about)
   print('options, with their defaults:')
   for _, key in ipairs(keys) do
      local line = ('  %s=%s'):format(key, text_of(flat[key]))
      print(about[key] and ('%-32s %s'):format(line, about[key]) or line)
   end
end

-- What another program needs to know of a script: a line for it to find.
local function describe(flat, variants, about)
   local named, choices = {}, {}
   for kind, of_kind in pairs(variants or {}) do named[kind] = sorted_keys(of_kind) end
   for key in pairs(flat) do choices[key] = options.choices[key] end
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

local function same(a, b) return text_of(a) == text_of(b) end

--- The saved options of a run, changed where `given` may change them.
local function resumed(o, given, keys)
   local path = ('%s/%s/options.json'):format(o.runs, o.name)
   core.check(core.host.hl_host_path_kind(path) == 1, 'resume: there is no run to continue, %s is missing', path)
   local saved = json.load(path)
   local flat = flatten(saved)
   for _, key in ipairs(keys) do
      if flat[key] ~= nil and not options.free[key] then
         core.check(given[key] == nil or same(given[key], flat[key]),
            'resume: the run was started with %s=%s and cannot go on with %s', key, text_of(flat[key]), text_of(given[key]))
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
   local own = flatten(o)
   for key, value in pairs(flatten(json.load(path))) do
      core.check(options.free[key] or own[key] == nil or same(own[key], value),
         'resume: %s was started afresh by another process just now, with %s=%s instead of %s; look at it and try again', o.name, key,
         text_of(value), text_of(own[key]))
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
   local flat, keys = flatten(o)
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
         local chosen = options.choice(kind, given[kind] or o[kind], sorted_keys(named))
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

--- Errors unless each named option is a whole number of at least `low`.
function options.check_whole(o, low, ...)
   for _, key in ipairs {...} do
      local value = flatten(o)[key]
      core.check(type(value) == 'number' and value % 1 == 0 and value >= low, '%s must be a whole number of %d or more, got %s',
         key, low, tostring(value))
   end
end

-- What sweeps share: how values of options are read, written and told apart.
options.flatten = flatten
options.parse = parse
options.kind_of = kind_of
options.text_of = text_of
options.unknown = unknown

return options
