--- prompt.lua: an interactive session, with line editing and history where libreadline is installed. Expressions are printed.
local ffi = require 'ffi'
local core = require 'hilo.core'

ffi.cdef [[
char *readline(const char *prompt);
void add_history(const char *line);
int read_history(const char *path);
int write_history(const char *path);
void stifle_history(int max);
void free(void *p);
]]

local host = core.host

-- A function that reads a line, and one that remembers it.
local function line_reader()
   local library
   for _, name in ipairs {'readline', 'libreadline.so.8', 'libreadline.so.7'} do
      local ok, lib = pcall(ffi.load, name)
      if ok then
         library = lib
         break
      end
   end
   if not library or host.hl_host_terminal_width(1) == 0 then
      return function(text)
         io.write(text)
         io.flush()
         return io.read('*l')
      end, function() end
   end
   local path = os.getenv('HOME') and os.getenv('HOME') .. '/.hilo_history'
   if path then library.read_history(path) end
   library.stifle_history(2000)
   return function(text)
      local line = library.readline(text)
      if line == nil then return nil end
      local copy = ffi.string(line)
      ffi.C.free(line)
      return copy
   end, function(text)
      library.add_history(text)
      if path then library.write_history(path) end
   end
end

-- A chunk of `text`: an expression, or statements. Second result: true where more lines are needed, else why it is wrong.
local function compile(text)
   local chunk = loadstring('return ' .. text, '=prompt')
   if chunk then return chunk end
   local why
   chunk, why = loadstring(text, '=prompt')
   if chunk then return chunk end
   return nil, why:find("near '<eof>'", 1, true) ~= nil or why
end

local function show(ok, ...)
   if not ok then
      io.stderr:write(tostring((...)), '\n')
      return
   end
   if select('#', ...) > 0 then print(...) end
end

local function session_globals()
   local hilo = require 'hilo'
   rawset(_G, 'hilo', hilo)
   rawset(_G, 'nn', hilo.nn)
   rawset(_G, 'optim', hilo.optim)
   require('hilo.train.run').interactive = true
end

--- Reads, runs and prints until the input ends.
return function()
   session_globals()
   local read, remember = line_reader()
   print('hilo: tensors, nn and optim as in Torch7; hilo, nn and optim are loaded. Ctrl-D ends.')
   local text = ''
   while true do
      local line = read(text == '' and '> ' or '>> ')
      if not line then break end
      text = text == '' and line or text .. '\n' .. line
      local chunk, why = compile(text)
      if chunk or why ~= true then
         if text:match('%S') then remember(text) end
         text = ''
         if chunk then
            host.hl_host_interrupt_clear()
            host.hl_host_interrupt_install()
            show(pcall(chunk))
         else
            io.stderr:write(why, '\n')
         end
      end
   end
   print()
end
