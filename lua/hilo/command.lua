--- command.lua: commands of hilo as they are typed: `hilo <command> NAME ... key=value ...`.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local options_of = require 'hilo.options.values'

local check = core.check
local command = {}

--- What an error says, without the place in the program.
---@param message any
---@return string
function command.plain(message) return (tostring(message):gsub('^%S+:%d+: ', '')) end

local asks_for_help = {help = true, ['--help'] = true, ['-h'] = true}

--- Prints the usage where it is asked for, and where nothing is asked.
---@param words string[]
---@param usage string
---@return integer? status of the exit; nil where the words say something else
function command.help(words, usage)
   local wanted = asks_for_help[words[1]]
   for _, word in ipairs(words) do wanted = wanted or asks_for_help[word] and word ~= 'help' end
   if not wanted and words[1] then return nil end
   io.write(usage)
   return wanted and 0 or 2
end

local function put(o, key, value)
   local group, rest = key:match('^([^.]+)%.(.+)$')
   if not group then
      o[key] = value
   else
      o[group] = o[group] or {}
      put(o[group], rest, value)
   end
end

---@class CommandWords what a command takes
---@field defaults table<string, string|number|boolean|table> options by key, groups as tables; an option has the type of its default
---@field open string? a group, 'data.', of which any key is taken, as text
---@field choices table<string, string[]>? the values that an option may have beside its default
---@field whole table<string, {[1]: integer, [2]: integer?}>? options that are whole numbers, from and to

local function check_value(spec, key, value, default)
   local names, range = (spec.choices or {})[key], (spec.whole or {})[key]
   if names and value ~= default then options_of.choice(key, value, names) end
   if not range then return end
   local low, high = range[1], range[2]
   check(value % 1 == 0 and value >= low and value <= (high or value), '%s must be a whole number %s, got %g', key,
      high and ('of %d..%d'):format(low, high) or ('of %d or more'):format(low), value)
end

local function parse(spec, key, text, flat, keys)
   if flat[key] == nil then options_of.unknown(key, keys) end
   local value = options_of.read(key, text, flat[key])
   check_value(spec, key, value, flat[key])
   return value
end

--- The names and the options among words. A word that is a file or a folder is a name, though it may hold '='.
---@param words string[]
---@param spec CommandWords
---@return string[] names
---@return table options the defaults, changed
---@return table<string, string|number|boolean|table> given by flat key: 'data.layout'
function command.read(words, spec)
   local flat, keys = options_of.flatten(spec.defaults)
   local names, o, given = {}, {}, {}
   for key, value in pairs(flat) do put(o, key, value) end
   for _, word in ipairs(words) do
      local key, text = word:match('^%-*([%a][%w_.]*)=(.*)$')
      if folder.is_file(word) or folder.is_folder(word) then key = nil end
      if key and spec.open and key:sub(1, #spec.open) == spec.open then
         given[key] = text
      elseif key then
         given[key] = parse(spec, key, text, flat, keys)
         put(o, key, given[key])
      else
         check(word:sub(1, 1) ~= '-', "'%s' is not an option; options are written key=value", word)
         names[#names + 1] = word
      end
   end
   return names, o, given
end

---@class Command: CommandWords
---@field title string 'hilo pack'
---@field usage string
---@field names {[1]: integer, [2]: integer?} how many names it takes, from and to
---@field which string what is said where they are fewer or more
---@field takes string[]? what each name is, the last for all further ones: 'run', 'report' (a run or a sweep), 'file', 'folder'
---@field status integer? of the exit where the words are wrong; where it is not given an error is raised
---@field run fun(names: string[], o: table, given: table): integer what it does; returns the status of the exit

local function read(words, spec)
   local names, o, given = command.read(words, spec)
   check(#names >= spec.names[1] and #names <= (spec.names[2] or #names), '%s; `%s help` tells more', spec.which, spec.title)
   return names, o, given
end

local specs = setmetatable({}, {__mode = 'k'})

--- What a command was made of.
---@param run fun(words: string[]): integer as command.new gave it
---@return Command
function command.spec(run) return specs[run] end

--- A command.
---@param spec Command
---@return fun(words: string[]): integer takes the words after the command's name; returns the status of the exit
function command.new(spec)
   local function run(words)
      local helped = command.help(words, spec.usage)
      if helped then return helped end
      if not spec.status then return spec.run(read(words, spec)) end
      local ok, names, o, given = pcall(read, words, spec)
      if ok then return spec.run(names, o, given) end
      io.stderr:write('hilo: ', spec.title, ': ', command.plain(names), '\n')
      return spec.status
   end
   specs[run] = spec
   return run
end

return command
