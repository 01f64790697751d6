--- torch/cmdline.lua: torch.CmdLine, Torch7's options of scripts: `luajit script.lua -rate 0.1 -verbose`.
---
---     local cmd = torch.CmdLine()
---     cmd:text 'Options'
---     cmd:option('-rate', 0.1, 'learning rate')
---     local options = cmd:parse(arg)
---     print(options.rate)
local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local sorted_keys = require 'hilo.keys'

local check = core.check

---@class torch.CmdLine
---@field options table<string, {key: string, default: any, help: string?, type: string}> by the word on the command line
---@field arguments {key: string, help: string?, type: string?}[] in their order
---@field lines (string|table)[] of the help
local CmdLine = class 'torch.CmdLine'

--- Words that string() puts between options, and between an option and its value.
---@param argseparator? string ','
---@param keyseparator? string '='
function CmdLine:__init(argseparator, keyseparator)
   self.argseparator, self.keyseparator = argseparator or ',', keyseparator or '='
   self.options, self.arguments, self.lines = {}, {}, {}
end

local function name_of(key) return (key:gsub('^%-+', '')) end

--- An option with the value that it has where it is not given; one whose value is true or false takes no value and turns it round.
---@param key string '-rate'
---@param default number|string|boolean
---@param help? string
---@param kind? 'number'|'string'|'boolean' that of default if not given
function CmdLine:option(key, default, help, kind)
   check(type(key) == 'string' and key ~= '', "CmdLine:option: expects a name such as '-rate', got %s", tostring(key))
   check(default ~= nil, 'CmdLine:option: %s has no value for where it is not given', key)
   kind = kind or type(default)
   check(type(default) == kind, 'CmdLine:option: %s is a %s, its value a %s', key, kind, type(default))
   check(kind == 'number' or kind == 'string' or kind == 'boolean',
      'CmdLine:option: %s must be a number, a string or true or false, got %s', key, kind)
   local option = {key = key, default = default, help = help, type = kind}
   self.options[key], self.lines[#self.lines + 1] = option, option
end

--- A word without a name, which must be given; several come in the order of these calls.
---@param key string its name in what parse() returns
---@param help? string
---@param kind? 'number'|'string'
function CmdLine:argument(key, help, kind)
   local argument = {key = key, help = help, type = kind}
   self.arguments[#self.arguments + 1], self.lines[#self.lines + 1] = argument, argument
end

--- A line of the help.
---@param text? string
function CmdLine:text(text)
   check(text == nil or type(text) == 'string', 'CmdLine:text: expects a string, got %s', type(text))
   self.lines[#self.lines + 1] = text or ''
end

local function described(line, wide)
   if type(line) == 'string' then return line end
   local key = line.default == nil and ('<%s>'):format(name_of(line.key)) or line.key
   local value = line.default ~= nil and (' [%s]'):format(tostring(line.default)) or ''
   return ('  %-' .. wide .. 's %s%s'):format(key, line.help or '', value)
end

--- Prints how the script is called.
---@param arg? string[] the words that it was called with: its name is the 0th
function CmdLine:help(arg)
   local names, wide = {}, 0
   for _, argument in ipairs(self.arguments) do names[#names + 1] = (' <%s>'):format(name_of(argument.key)) end
   for _, line in ipairs(self.lines) do
      if type(line) == 'table' then wide = math.max(wide, line.default == nil and #name_of(line.key) + 2 or #line.key) end
   end
   io.write(('Usage: %s[options]%s\n'):format(arg and arg[0] and arg[0] .. ' ' or '', table.concat(names)))
   for _, line in ipairs(self.lines) do io.write(described(line, wide), '\n') end
end

--- Tells what is wrong, then the help, and ends the program with status 1.
---@param message string
function CmdLine:error(message)
   io.stderr:write(message, '\n')
   self:help()
   os.exit(1)
end

--- The values of options where none is given.
---@return table<string, any>
function CmdLine:default()
   local values = {}
   for key, option in pairs(self.options) do values[name_of(key)] = option.default end
   return values
end

function CmdLine:_value(word, key, kind)
   if kind ~= 'number' then return word end
   return tonumber(word) or self:error(("%s must be a number, got '%s'"):format(key, word))
end

--- The values of options and arguments. What is unknown, missing or of the wrong type ends the program with the help; so does -help.
---@param arg string[] the words that the script was called with
---@return table<string, any> by names without the strokes
function CmdLine:parse(arg)
   local values, at, given = self:default(), 1, 0
   while at <= #arg do
      local word = arg[at]
      local option = self.options[word]
      if option and option.type == 'boolean' then
         values[name_of(word)] = not option.default
      elseif option then
         at = at + 1
         if arg[at] == nil then self:error(('option %s lacks its value'):format(word)) end
         values[name_of(word)] = self:_value(arg[at], word, option.type)
      elseif word == '-help' or word == '-h' or word == '--help' then
         self:help(arg)
         os.exit(0)
      else
         given = given + 1
         local argument = self.arguments[given]
         if not argument then self:error((word:sub(1, 1) == '-' and 'unknown option %s' or 'invalid argument: %s'):format(word)) end
         values[name_of(argument.key)] = self:_value(word, argument.key, argument.type)
      end
      at = at + 1
   end
   if given < #self.arguments then self:error('not enough arguments: <' .. name_of(self.arguments[given + 1].key) .. '> is missing') end
   return values
end

-- ---- names of runs, and logs ----

local function shown(value)
   if type(value) == 'boolean' then return value and 't' or 'f' end
   return tostring(value)
end

--- A text made of the arguments and of the options that differ from what they are where not given, for the name of a folder.
---@param prefix? string in front
---@param params table<string, any> what parse() returned
---@param ignore? table<string, boolean> names that are left out; those with false are there in any case
---@return string 'experiment,rate=0.1'
function CmdLine:string(prefix, params, ignore)
   ignore = ignore or {}
   local parts, options = {prefix ~= '' and prefix or nil}, {}
   local function part(name) return name .. self.keyseparator .. shown(params[name]) end
   for _, argument in ipairs(self.arguments) do
      local name = name_of(argument.key)
      if params[name] ~= nil and not ignore[name] then parts[#parts + 1] = part(name) end
   end
   for key, option in pairs(self.options) do
      local name = name_of(key)
      local differs = params[name] ~= nil and params[name] ~= option.default
      if not ignore[name] and (differs or ignore[name] == false) then options[#options + 1] = part(name) end
   end
   table.sort(options)
   for _, text in ipairs(options) do parts[#parts + 1] = text end
   return table.concat(parts, self.argseparator)
end

--- Lines of the log begin with the date.
---@param name? string after the date
---@param format? string of os.date: '%Y-%m-%d %H:%M:%S' if not given
function CmdLine:addTime(name, format)
   check(format == nil or type(format) == 'string', 'CmdLine:addTime: expects a format of os.date, got %s', type(format))
   self.date = (format or '%Y-%m-%d %H:%M:%S') .. (name and ('[%s]: '):format(name) or '')
end

--- What is printed goes into the log alone.
function CmdLine:silent() self.quiet = true end

local to_screen -- print as it was before the first log

--- From now on print() writes into a file too; the time and the options come first.
---@param file string|file* a path, or a file that is open for writing
---@param params? table<string, any>
function CmdLine:log(file, params)
   local out = file
   if io.type(file) ~= 'file' then
      local opened, reason = io.open(file, 'w')
      out = check(opened, 'CmdLine:log: %s', tostring(reason))
   end
   to_screen = to_screen or print
   rawset(_G, 'print', function(...)
      if not self.quiet then to_screen(...) end
      local parts = {self.date and os.date(self.date) or nil}
      for i = 1, select('#', ...) do parts[#parts + 1] = tostring((select(i, ...))) end
      out:write(table.concat(parts, ' '), '\n')
      out:flush()
   end)
   print(('[program started on %s]'):format(os.date()))
   print '[command line arguments]'
   for _, key in ipairs(params and sorted_keys(params) or {}) do print(key, params[key]) end
   print '[----------------------]'
end

return CmdLine
