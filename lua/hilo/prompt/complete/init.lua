--- prompt/complete/init.lua: what the word before the cursor can become.
local commands = require 'hilo.prompt.commands'
local names = require 'hilo.prompt.complete.names'
local options = require 'hilo.prompt.complete.options'
local strings = require 'hilo.prompt.complete.strings'

local complete = {}

local function beginning_with(word, list)
   local found, seen = {}, {}
   for _, name in ipairs(list) do
      if name:sub(1, #word) == word and not seen[name] then
         seen[name] = true
         found[#found + 1] = name
      end
   end
   table.sort(found)
   return found
end

-- Of words that begin at a place before the one where readline begins its own: what comes after its beginning.
local function cut(list, count)
   for i, text in ipairs(list) do list[i] = text:sub(count + 1) end
   return list
end

-- Where a file's name begins in a line for the shell, or after a command that takes one.
local function begins_file(before)
   if not (before:find('^%s*%$') or before:find('^%s*%%load%s') or before:find('^%s*%%save%s')) then return nil end
   return before:match('()[^%s$]*$')
end

--- What readline asks.
---@param session Session
---@param line string all of it
---@param from integer where the word begins, from 0
---@param to integer where it ends
---@return string[] matches whole words
---@return string? ending the character that follows a single match
function complete.readline(session, line, from, to)
   local before, word = line:sub(1, from), line:sub(from + 1, to)
   if before:find('^%s*%?+%s*$') then return beginning_with(word, require('hilo.help').topics()) end
   if before:find('^%s*%%$') then return beginning_with(word, commands.names()), ' ' end
   local quote = strings.begins(before)
   if quote then
      local list, ending = strings.candidates(before:sub(1, quote - 1), line:sub(quote + 1, to))
      return beginning_with(word, cut(list, from - quote)), ending and #list == 1 and line:sub(quote, quote) or nil
   end
   local file = begins_file(before)
   if file then return beginning_with(word, cut(strings.files(line:sub(file, to)), from - file + 1)) end
   local found = beginning_with(word, options.candidates(session, before))
   if #found > 0 then return found end
   return beginning_with(word, names.candidates(session, word))
end

return complete
