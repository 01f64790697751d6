--- completion/init.lua: what the last word of a command line of hilo can become. The options of scripts and commands are asked of them.
local Answer = require 'hilo.completion.answer'
local command = require 'hilo.command'
local commands = require 'hilo.commands'
local folder = require 'hilo.data.folder'
local options_of = require 'hilo.options.values'
local scripts = require 'hilo.completion.scripts'

local function join(into, from)
   for key, value in pairs(from or {}) do into[key] = value end
   return into
end

local function script_options(answer, path)
   local o = scripts.options(path)
   if not o then
      answer.paths = 'files'
      return
   end
   answer:add_options(o)
   if #answer.words == 1 then
      answer:add('help', 'its options')
   end
end

-- ---- commands that are made of a table ----

local add_name = {}
function add_name.run(answer)
   answer:add_runs()
   answer.paths = 'files' -- one that `hilo pack` wrote
end
function add_name.report(answer)
   answer:add_runs()
   answer:add_sweeps()
end
function add_name.file(answer) answer.paths = 'files' end
function add_name.folder(answer) answer.paths = 'folders' end

-- The names and options of a command; its first words are `depth` words long.
local function of_spec(answer, spec, depth)
   local n = answer:names(depth + 1)
   local kinds = spec.takes or {}
   local kind = kinds[n + 1] or not spec.names[2] and kinds[#kinds]
   if kind and not answer.word:find '^[%w_.]+=' then add_name[kind](answer) end
   if n < spec.names[1] and answer.word == '' then return end
   local o = {defaults = options_of.flatten(spec.defaults), choices = join({}, spec.choices)}
   if spec.open then
      join(o.defaults, options_of.flatten {data = require 'hilo.data.options'()})
      join(o.choices, options_of.choices)
   end
   o.meanings = options_of.meanings_of {data = require 'hilo.data.options'()}
   for key in pairs(o.defaults) do o.choices[key] = o.choices[key] or options_of.choices[key] end
   answer:add_options(o)
end

local special = {}

function special.data(answer)
   if #answer.words == 1 then return answer:add('check', 'what is wrong with a data set, and what it is') end
   if answer.words[2] == 'check' then of_spec(answer, command.spec(require 'hilo.data.check.command'), 2) end
end

function special.sweep(answer)
   local actions = {'best', 'report', 'resume', 'status', 'stop', 'table', 'help'}
   local first = answer.words[2]
   if not first then
      answer:add_all(actions)
      return answer:add_all(scripts.paths(answer.word))
   end
   local definition = require 'hilo.sweep.definition'
   for _, action in ipairs(actions) do
      if action == first then
         if answer:names(3) == 0 then answer:add_sweeps() end
         local own = definition.own
         local defaults = {runs = own.runs, store = own.store}
         if first == 'best' or first == 'table' then defaults.metric, defaults.direction = own.metric, own.direction end
         if first == 'table' then defaults.csv = '' end
         return answer:add_options {defaults = defaults, choices = {direction = definition.choices.direction}}
      end
   end
   local o = scripts.options(first) or {defaults = {}}
   answer:add_options {defaults = join(o.defaults, definition.own), choices = join(o.choices or {}, definition.choices),
      meanings = join(o.meanings or {}, options_of.meanings_of(definition.own)), several = true}
end

function special.help(answer)
   if answer.words[2] and answer.words[2] ~= 'source' then return end
   local help = require 'hilo.help'
   if not answer.words[2] then answer:add_all {'annotations', 'count', 'search', 'site', 'source', 'topics'} end
   answer:add_all(help.topics())
end

function special.completion(answer) if #answer.words == 1 then answer:add_all {'bash', 'zsh'} end end

-- ---- the first word ----

local function first_word(answer)
   for _, one in ipairs(commands) do answer:add(one[1], one[3]) end
   if answer.word:sub(1, 1) == '-' then
      return answer:add_all {'-e', '-i', '--help', '--version'}
   end
   answer:add_all(scripts.paths(answer.word))
end

--- What the last of the words after `hilo` can become.
---@param words string[]
---@return Completion
return function(words)
   local answer = Answer.new(words)
   local first = answer.words[1]
   if first == '-i' then
      table.remove(answer.words, 1)
      first = answer.words[1]
      if not first then answer:add_all(scripts.paths(answer.word)) end
   elseif not first then
      first_word(answer)
   end
   if not first then return answer end
   local known = {}
   for _, one in ipairs(commands) do known[one[1]] = true end
   if special[first] then
      special[first](answer)
   elseif known[first] then
      of_spec(answer, command.spec(require('hilo.' .. first .. '.command')), 1)
   elseif first:sub(1, 1) ~= '-' and not folder.is_folder(first) then
      script_options(answer, first)
   end
   table.sort(answer.list, function(a, b) return a.text < b.text end)
   return answer
end
