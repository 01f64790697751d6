--- completion/command.lua: `hilo completion` as it is typed, and as the shells ask it.
local command = require 'hilo.command'
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local options = require 'hilo.options.values'

local usage = [[
usage: hilo completion bash           completion for bash: source <(hilo completion bash), in ~/.bashrc to keep it
       hilo completion zsh            completion for zsh, in ~/.zshrc after compinit
       hilo completion words WORD ... what the last of the words after `hilo` can become, a line each; as the shells ask

`make install` puts both where the shells find them by themselves.
]]

local scripts = {bash = 'hilo.bash', zsh = '_hilo'}

-- Candidates with what they mean behind a tab.
local function tell(words)
   local answer = require 'hilo.completion'(words)
   if answer.paths then print(':' .. answer.paths) end
   for _, one in ipairs(answer.list) do print(one.about and one.text .. '\t' .. one.about or one.text) end
   return 0
end

--- Does what the words after `hilo completion` say; returns the exit status.
---@param words string[]
---@return integer
return function(words)
   if words[1] == 'words' then return tell({unpack(words, 2)}) end
   local helped = command.help(words, usage)
   if helped then return helped end
   options.choice('hilo completion', words[1], {'bash', 'zsh'})
   io.write(file.read(core.root .. 'lua/hilo/completion/' .. scripts[words[1]]))
   return 0
end
