--- torch/length.lua: #x for tensors and storages in scripts of Torch7. LuaJIT without the extensions of Lua 5.2 counts the elements
--- of a table and asks it for nothing: so files that are loaded under the switch have each #x rewritten to a call, which asks.
---
--- That holds for what require, dofile and loadfile load, and for the script of `luajit -l hilo.torch script.lua`, where this is the
--- last -l; not for a script that names the switch itself: it is compiled already.
local core = require 'hilo.core'
local after_quoted = require 'hilo.quoted'

---@class hilo.torch.length
local M = {}

--- What #x is rewritten to, a global.
M.name = '_hilo_length'

--- #x, as Lua 5.2 has it: __len of objects, the number of elements of others.
---@param x any
---@return any
function M.length(x)
   local meta = type(x) == 'table' and getmetatable(x)
   local len = type(meta) == 'table' and rawget(meta, '__len')
   if len then return len(x) end
   return #x
end

-- ---- places in a Lua text ----

local function after_blanks(text, at)
   while true do
      at = text:match('^%s*()', at)
      if not text:find('^%-%-', at) then return at end
      at = after_quoted(text, at)
   end
end

local closing = {['('] = ')', ['['] = ']', ['{'] = '}'}

-- The place after the bracket that closes the one at `at`.
local function after_bracket(text, at)
   local open = {}
   while at <= #text do
      local next_at = after_quoted(text, at)
      local c = text:sub(at, at)
      if not next_at then
         if closing[c] then open[#open + 1] = closing[c] end
         if c == open[#open] then open[#open] = nil end
         if #open == 0 then return at + 1 end
      end
      at = next_at or at + 1
   end
   return at
end

-- The place after one more part of an expression: .name, [key], :method, (arguments), 'argument', {argument}; nil where there is none.
local function after_part(text, at)
   at = after_blanks(text, at)
   local named = text:match('^%.%s*[%a_][%w_]*()', at) or text:match('^:%s*[%a_][%w_]*()', at)
   if named then return named end
   if text:find('^%[=*%[', at) or text:find('^["\']', at) then return after_quoted(text, at) end
   if text:find('^[%(%[{]', at) then return after_bracket(text, at) end
   return nil
end

-- The first and last place of what # is applied to; nil where that is not simple.
local function operand(text, at)
   at = after_blanks(text, at)
   local first, last = at, text:match('^[%a_][%w_]*()', at)
   if text:sub(first, (last or first) - 1) == 'not' then return nil end
   if not last and text:find('^[%({]', at) then last = after_bracket(text, at) end
   if not last then return nil end
   local more = last
   while more do last, more = more, after_part(text, more) end
   -- #x^2 is #(x^2)
   if text:find('^%^', after_blanks(text, last)) then return nil end
   return first, last - 1
end

--- A Lua text with every #x as a call; lines stay where they are. A first line that names the program to run it goes.
---@param text string
---@return string
function M.rewritten(text)
   text = text:gsub('^#[^\n]*', '')
   if not text:find('#', 1, true) then return text end
   local parts, at = {}, 1
   while at <= #text do
      local first, last
      if text:sub(at, at) == '#' then first, last = operand(text, at + 1) end
      if first then
         parts[#parts + 1] = ('%s(%s)'):format(M.name, M.rewritten(text:sub(first, last)))
         at = last + 1
      else
         -- up to what may begin a string, a comment or a length
         local next_at = after_quoted(text, at) or text:find('[%-%["\'#]', at + 1) or #text + 1
         parts[#parts + 1] = text:sub(at, next_at - 1)
         at = next_at
      end
   end
   return table.concat(parts)
end

-- ---- what loads files ----

-- As loadfile; the files of hilo itself, and those of bytes, are left as they are.
local function load_rewritten(plain, path, ...)
   local file = path and path:sub(1, #core.root) ~= core.root and io.open(path, 'rb')
   if not file then return plain(path, ...) end
   local text = file:read '*a'
   file:close()
   if text:sub(1, 1) == '\27' or not text:find('#', 1, true) then return plain(path, ...) end
   return load(M.rewritten(text), '@' .. path, ...)
end

local function add_loading()
   local plain_load = loadfile
   local function load_file(path, ...) return load_rewritten(plain_load, path, ...) end
   rawset(_G, 'loadfile', load_file)
   rawset(_G, 'dofile', function(path)
      local chunk, why = load_file(path)
      if not chunk then error(why, 0) end
      return chunk()
   end)
   table.insert(package.loaders, 2, function(name)
      local path = package.searchpath(name, package.path)
      if not path then return nil end
      local chunk, why = load_file(path)
      return chunk or error(("error loading module '%s' from file '%s':\n\t%s"):format(name, path, why), 0)
   end)
end

-- The script of `luajit ... -l hilo.torch script.lua`, while the switch is loaded by that.
local function script_of_command_line()
   local words = rawget(_G, 'arg')
   local option = words and words[-1]
   local ours = option == '-lhilo.torch' or option == 'hilo.torch' and words[-2] == '-l'
   if not ours or type(words[0]) ~= 'string' then return nil end
   for level = 2, math.huge do
      local info = debug.getinfo(level, 'S')
      if not info then return words[0] end
      if info.what == 'main' and not info.source:find(core.root .. 'lua/hilo/', 1, true) then return nil end
   end
end

-- Runs it, as luajit would afterwards, and ends the program.
local function run_script(path)
   local chunk, why = loadfile(path)
   local ok, message = false, why
   if chunk then ok, message = xpcall(function() return chunk(unpack(arg)) end, debug.traceback) end
   if not ok then io.stderr:write('luajit: ', tostring(message), '\n') end
   io.stdout:flush()
   os.exit(ok and 0 or 1, true)
end

--- Makes # of tensors and storages work in files that are loaded from now on; runs the script of the command line where it is the
--- switch that the command line names last.
function M.install()
   if #setmetatable({}, {__len = function() return 1 end}) == 1 then return end
   rawset(_G, M.name, M.length)
   add_loading()
   local path = script_of_command_line()
   if path then run_script(path) end
end

return M
