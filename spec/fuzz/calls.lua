--- calls.lua: random programs over the public names, which are found by looking, see hilo.help.entries. A program is a list of lines of
--- Lua; the same seed gives the same lines.
local entries = require 'hilo.help.entries'
local Numbers = require 'spec.fuzz.numbers'
local try = require 'spec.fuzz.try'
local values = require 'spec.fuzz.values'

local calls = {count = try.count} -- of calls, by kind and end

-- What asks, waits, starts programs, ends the process or writes where it is told, and what changes the process for all that follows.
local left_out = {'^prompt', '^plot', '^help', '^sweep', '^Study', '^Session', '^train%.', '^Run', '^OpenedRun', '^pack', '^io%.file',
   '^data%.folder', '^predict', '^report', '^choose', '^why', '^export', '^open$', '^show$', '^setnumthreads', '^setNumThreads',
   '^cuda', '^setdefault', '^models%.published', '^evaluate', '^summary', '^data%.check'}
local of_train = {'^train%.metrics', '^train%.json%.[de][en]code', '^train%.choice', '^train%.FusionCounts', '^train%.Log'}

local function matches(name, patterns)
   for _, pattern in ipairs(patterns) do if name:find(pattern) then return true end end
   return false
end

local function is_left_out(name) return matches(name, left_out) and not matches(name, of_train) end

local function expression(entry)
   return (entry.owner == '' or entry.owner:match '^[%w_.]+$') and 'hilo.' .. entry.name or nil
end

-- {name, kind = 'function'|'method'|'module'|'object', source, parameters}
local function callables()
   local list, made_by = {}, {}
   for _, entry in ipairs(entries.all()) do
      if entry.kind == 'class' and entry.name:match '^nn%.' then made_by[entry.name] = entry.parameters or {} end
   end
   for _, entry in ipairs(entries.all()) do
      if not is_left_out(entry.name) then
         local parameters = entry.parameters or {}
         if entry.kind == 'function' and entry.name:match '^Tensor:' then
            local skip = parameters[1] and entry.same_as and parameters[1].type == 'Tensor' and 1 or 0
            list[#list + 1] = {name = entry.name, kind = 'method', key = entry.key, parameters = parameters, skip = skip}
         elseif entry.kind == 'function' and not entry.name:find ':' and expression(entry) and type(entry.value) == 'function' then
            list[#list + 1] = {name = entry.name, kind = 'function', source = expression(entry), parameters = parameters, skip = 0}
         elseif entry.kind == 'function' and entry.name:find ':'
            and values.object(Numbers.new(1), entry.owner, made_by[entry.owner]) then
            list[#list + 1] = {name = entry.name, kind = 'object', key = entry.key, class = entry.owner, parameters = parameters,
               skip = 0, made_by = made_by[entry.owner]}
         elseif entry.kind == 'class' and entry.name:match '^nn%.' then
            list[#list + 1] = {name = entry.name, kind = 'module', source = expression(entry), parameters = parameters, skip = 0,
               criterion = entry.name:find 'Criterion' ~= nil}
         end
      end
   end
   return list
end

local all

--- What is called, once looked up.
---@return table[]
function calls.all()
   all = all or callables()
   return all
end

local function arguments(draw, callable, held)
   local parts = {}
   if callable.name:match '^models%.' and draw:chance(0.97) then return {values.network_options(draw, callable.name)} end
   for i = 1 + callable.skip, #callable.parameters do
      local p = callable.parameters[i]
      if p.optional and draw:chance(0.4) or draw:chance(0.02) then break end
      parts[#parts + 1] = values.of_type(draw, p.type, held)
   end
   if draw:chance(0.02) then parts[#parts + 1] = values.of_type(draw, 'any', held) end
   return parts
end

local function line_of(draw, callable, held, n)
   local parts = arguments(draw, callable, held)
   local given = #parts > 0 and ', ' .. table.concat(parts, ', ') or ''
   local variable = ('v[%d]'):format(n)
   if callable.kind == 'method' then
      return ("%s = method('%s', %s%s)"):format(variable, callable.key, values.tensor(draw, held), given)
   elseif callable.kind == 'object' then
      return ("%s = object('%s', '%s', function() return %s end%s)"):format(variable, callable.name, callable.key,
         values.object(draw, callable.class, callable.made_by), given)
   elseif callable.kind == 'function' then
      return ("%s = call('%s', %s%s)"):format(variable, callable.name, callable.source, given)
   end
   local input = draw:chance(0.15) and ('{%s, %s}'):format(values.tensor(draw, held), values.tensor(draw, held))
      or values.tensor(draw, held)
   local target = callable.criterion and values.tensor(draw, held) or 'nil'
   return ("%s = module('%s', %s, %s, %s%s)"):format(variable, callable.name, callable.source, input, target, given)
end

--- The lines of the program of a seed.
---@param seed integer
---@return string[] lines
---@return string[] names of what is called
function calls.program(seed)
   local draw, held, lines, names = Numbers.new(seed), {}, {}, {}
   for n = 1, draw:whole(2, 10) do
      local callable = draw:of(calls.all())
      lines[n] = line_of(draw, callable, held, n)
      held[n] = ('v[%d]'):format(n)
      names[n] = callable.name
   end
   return lines, names
end

-- Megabytes; 0: none. The sanitizers take any amount of addresses, so that process.lua sets no limit there.
local memory_limit = os.getenv 'HILO_SANITIZED' and 4000 or 0

--- Runs lines; returns the first inner error, or nil.
---@param lines string[]
---@param seed integer that hilo.randn draws from
---@return string?
function calls.run_lines(lines, seed)
   local hilo = require 'hilo'
   try.found = nil
   hilo.manualSeed(seed % 2 ^ 31)
   hilo.setmemorylimit(memory_limit) -- the program before may have set another
   local environment = try.environment()
   for n, line in ipairs(lines) do
      local chunk, why = loadstring(line, 'line ' .. n)
      if not chunk then return 'the program is no Lua: ' .. why end
      chunk = setfenv(chunk, environment)
      local ok, message = pcall(chunk)
      if message == try.stopped then -- which is no fault where 10^12 elements were asked for
         if not table.concat(lines):find(values.long, 1, true) then return 'no end, though Ctrl-C stops it' end
         break
      end
      if not ok and try.is_inner(tostring(message)) then try.found = try.found or ('line %d: %s'):format(n, tostring(message)) end
   end
   return try.found
end

--- Runs the program of a seed; returns the first inner error, or nil.
---@param seed integer
---@return string?
function calls.run(seed) return calls.run_lines(calls.program(seed), seed) end

--- Looks up what is called.
function calls.prepare()
   calls.all()
   print = function() end -- luacheck: ignore
end

return calls
