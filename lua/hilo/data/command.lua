--- data/command.lua: `hilo data` as it is typed.
local usage = [[
usage: hilo data check PATH [options]     what is wrong with a data set, and what it is; `hilo data check help` tells more
]]

--- Does what the words after `hilo data` say; returns the exit status.
---@param words string[]
---@return integer
return function(words)
   local first = words[1]
   if first == 'check' then return require('hilo.data.check.command')({unpack(words, 2)}) end
   if not first or first == 'help' or first == '--help' or first == '-h' then
      io.write(usage)
      return first and 0 or 2
   end
   io.stderr:write(("hilo: hilo data: there is no '%s'\n"):format(first), usage)
   return 2
end
