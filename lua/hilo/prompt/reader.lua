--- prompt/reader.lua: entries: a line, or several where the first does not end what it begins.
local core = require 'hilo.core'
local readline = require 'hilo.prompt.readline'

local reader = {}

-- Without a terminal, or without readline.
local function plain(shown)
   return {
      read = function(prompt)
         if shown then
            io.write(prompt)
            io.flush()
         end
         core.host.hl_host_interrupt_clear()
         local line, why = io.read('*l')
         if not line and why and core.host.hl_host_interrupted() ~= 0 then
            core.host.hl_host_interrupt_clear()
            io.write('\n')
            return false
         end
         return line
      end,
      remember = function() end,
   }
end

--- A reader of lines.
---@param options {history: string[], complete: function, terminal: boolean}
---@return LineReader
---@return string? note what is missing
function reader.lines(options)
   if not options.terminal then return plain(false) end
   local lines = readline.new(options)
   if lines then return lines end
   return plain(true), 'no line editing, history or completion: libreadline is not installed. `apt-get install libreadline8` mends it.'
end

--- An entry.
---@param lines LineReader
---@param prompt string
---@param wants_more fun(text: string): boolean
---@return string|false|nil as a LineReader's read
function reader.entry(lines, prompt, wants_more)
   local text = lines.read(prompt)
   if not text then return text end
   local further = (' '):rep(#prompt - 3) .. '.. '
   while wants_more(text) do
      local line = lines.read(further)
      if line == nil then return text end -- what there is, and then what is wrong with it
      if not line then return false end
      text = text .. '\n' .. line
   end
   return text
end

return reader
