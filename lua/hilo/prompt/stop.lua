--- prompt/stop.lua: work that Ctrl-C can stop, whether it is interpreted, compiled or in C.
local ffi = require 'ffi'
local jit = require 'jit'
local util = require 'jit.util'
local core = require 'hilo.core'
local Frames = require 'hilo.prompt.frames'

ffi.cdef [[
int lua_sethook(void *state, void *hook, int mask, int count);
int luaL_error(void *state, const char *format, ...);
int lua_cpcall(void *state, void *f, void *argument);
void lua_getfield(void *state, int index, const char *key);
void lua_rawgeti(void *state, int index, int n);
void *lua_tocfunction(void *state, int index);
void lua_settop(void *state, int index);
int lua_getstack(void *state, int level, void *activation);
int lua_getinfo(void *state, const char *what, void *activation);
]]

local host = core.host
local stop = {}

local stubs_at_once = 32
local groups = 0
local begun = {} -- number of a trace being compiled -> the function that its loop is in

local function address(number) return ffi.cast('void *', ffi.cast('intptr_t', number)) end

local function note_stubs(exits)
   while groups * stubs_at_once < exits do
      host.hl_host_interrupt_stubs(groups, address(util.traceexitstub(groups * stubs_at_once)))
      groups = groups + 1
   end
end

-- A loop without guards has no end, and nothing could stop it: it is interpreted.
local function note_trace(number)
   local info = util.traceinfo(number)
   local code, at, loop = util.tracemc(number)
   note_stubs(info.nexit)
   local guards = host.hl_host_interrupt_trace(number, address(at), #code, loop or 0)
   if guards == 0 and info.link == number then jit.off(begun[number]) end
end

local function on_trace(what, number, f)
   if what == 'flush' then
      groups = 0
      host.hl_host_interrupt_trace(0, nil, 0, 0)
   elseif what == 'start' then
      begun[number] = f
   elseif what == 'stop' then
      note_trace(number)
   end
   if what ~= 'start' and number then begun[number] = nil end
end
jit.off(on_trace, true)
jit.off(note_trace)
jit.off(note_stubs)

local function state_of(thread) return address(tonumber(tostring(thread):match('0x%x+'))) end

-- Lua's own functions in C that may take long and call nothing of Lua meanwhile.
local leavable = {string.find, string.match, string.gsub, (string.gmatch('', '')), table.sort}

--- From now on Ctrl-C stops work; to be called in the coroutine that the prompt runs in.
function stop.install()
   local prompt = assert(coroutine.running(), 'the prompt runs in a coroutine')
   jit.flush()
   jit.attach(on_trace, 'trace')
   local lua = ffi.new('hl_host_lua', {state = state_of(prompt), leavable = 'hilo.prompt.stop'})
   for _, name in ipairs {'lua_sethook', 'luaL_error', 'lua_cpcall', 'lua_getfield', 'lua_rawgeti', 'lua_tocfunction', 'lua_settop',
      'lua_getstack', 'lua_getinfo'} do
      lua[name] = ffi.cast('void *', ffi.C[name])
   end
   debug.getregistry()[ffi.string(lua.leavable)] = leavable
   core.call(host, 'hl_host_interrupt_prompt', lua)
end

local function passed(...) return ... end

-- `resumed` is false where Ctrl-C came once more, behind the xpcall.
local function ended(thread, raised, resumed, ok, ...)
   local what = host.hl_host_interrupt_work(nil)
   if bit.band(what, ffi.C.HL_HOST_CODE_SPOILT) ~= 0 then jit.flush() end
   if not resumed then return raised.frames, false, ok end
   if coroutine.status(thread) == 'suspended' then
      return Frames.new(thread), false, 'attempt to yield from outside a coroutine'
   end
   if ok and bit.band(what, ffi.C.HL_HOST_UNANSWERED) ~= 0 then return nil, false, 'interrupted' end
   return raised.frames, ok, ...
end

--- Runs f(...) in a coroutine of its own.
---@param f function
---@return Frames? stack where an error was raised
---@return boolean ok
---@return ... what f returns, or the error
function stop.run(f, ...)
   local thread, raised = nil, {}
   -- LuaJIT knows lines and variables of the innermost call only here, before it leaves it. Where the stack has overflown there is
   -- room for little more than the call of another coroutine. (The outermost function of a coroutine must make no tail call of a
   -- function in C: with a handler of traces attached LuaJIT may crash there.)
   local function look(message)
      coroutine.resume(coroutine.create(function() raised.frames = Frames.new(thread) end))
      return message
   end
   thread = coroutine.create(function(...) return passed(xpcall(f, look, ...)) end)
   host.hl_host_interrupt_work(state_of(thread))
   return ended(thread, raised, coroutine.resume(thread, ...))
end
jit.off(stop.run, true)
jit.off(ended)

return stop
