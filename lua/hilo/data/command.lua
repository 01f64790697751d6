--- data/command.lua: `hilo data` as it is typed.
local command = require 'hilo.command'
local options_of = require 'hilo.options.values'

local usage = [[
usage: hilo data check PATH [options]     what is wrong with a data set, and what it is; `hilo data check help` tells more
]]

--- Does what the words after `hilo data` say; returns the exit status.
---@param words string[]
---@return integer
return function(words)
   if words[1] == 'check' then return require('hilo.data.check.command')({unpack(words, 2)}) end
   local helped = command.help(words, usage)
   if helped then return helped end
   local ok, message = pcall(options_of.choice, 'hilo data', words[1], {'check'})
   if not ok then io.stderr:write('hilo: ', command.plain(message), '\n', usage) end
   return 2
end
