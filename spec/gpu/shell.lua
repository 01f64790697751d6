--- shell.lua: running programs from the check of a card.
local shell = {}

--- A word as the shell takes it literally.
function shell.quoted(word) return "'" .. tostring(word):gsub("'", "'\\''") .. "'" end

--- What a command prints, and its exit status.
---@param command string
---@return string text, integer status
function shell.output(command)
   local pipe = assert(io.popen(('{ %s\n} 2>&1 </dev/null; echo "status $?"'):format(command)))
   local text = pipe:read '*a'
   pipe:close()
   local status = tonumber(text:match 'status (%d+)\n$')
   return text:gsub('status %d+\n$', ''), status
end

--- All of a file; '' where there is none.
function shell.read(path)
   local file = io.open(path)
   if not file then return '' end
   local text = file:read '*a'
   file:close()
   return text
end

function shell.write(path, text)
   local file = assert(io.open(path, 'w'))
   file:write(text)
   file:close()
end

--- Runs a command with its output in a file.
---@param command string
---@param log string the file
---@param seconds integer after which it is ended
---@return boolean ok, string how it ended: 'passed', 'exit status 2', 'stopped after 60 s'
function shell.run(command, log, seconds)
   local _, status = shell.output(('timeout -k 10 %d bash -c %s >%s 2>&1'):format(seconds, shell.quoted(command), shell.quoted(log)))
   if status == 0 then return true, 'passed' end
   return false, (status == 124 or status == 137) and ('stopped after %d s'):format(seconds) or ('exit status %s'):format(status)
end

--- The last lines of a text.
function shell.tail(text, n)
   local lines = {}
   for line in (text .. '\n'):gmatch '([^\n]*)\n' do lines[#lines + 1] = line end
   while lines[#lines] == '' do lines[#lines] = nil end
   return table.concat(lines, '\n', math.max(1, #lines - n + 1), #lines)
end

return shell
