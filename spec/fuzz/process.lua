--- process.lua: processes of their own, with limits, and how they ended.
local process = {}

local signals = {[4] = 'illegal instruction', [6] = 'abort', [7] = 'bus error', [8] = 'floating-point exception', [9] = 'killed',
   [11] = 'segmentation fault', [14] = 'no end, it waits',
   [24] = 'no end', [27] = 'no end'}

--- How a status of the shell says that a process ended.
---@param status integer
---@param text string what it printed last
---@return string?
function process.ending(status, text)
   local report = text:match 'ERROR: (%w+Sanitizer[^\n]*)' or text:match '(runtime error:[^\n]*)'
   if report then return 'sanitizer: ' .. report end
   if status == 0 then return nil end
   if status > 128 then return signals[status - 128] or 'signal ' .. (status - 128) end
   return ('exit status %d: %s'):format(status, text:match '[^\n]+' or '')
end

local function read(path)
   local file = io.open(path, 'rb')
   local text = file and file:read '*a' or ''
   if file then file:close() end
   return text
end

--- Runs luajit with these words; under a sanitizer, whose shadow takes any amount of addresses, memory is limited by itself. Each
--- arena of malloc, one a thread, reserves 64 MB of addresses that the limit counts, though nobody uses them: there are few.
---@param words string
---@param folder string which gets what is printed
---@param o {memory_mb: number}
---@param seconds? integer of processor time
---@return integer status
---@return string text the end of what it said on stderr
function process.luajit(words, folder, o, seconds)
   local limit = os.getenv 'HILO_SANITIZED' and '' or ('ulimit -v %d; '):format(o.memory_mb * 1024)
   if seconds then limit = limit .. ('ulimit -S -t %d; '):format(seconds) end
   local pipe = io.popen(([[{ (ulimit -c 0; %s export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} OMP_WAIT_POLICY=passive; \
      export MALLOC_ARENA_MAX=2; exec luajit %s) </dev/null >'%s/printed' 2>'%s/said'; echo $?; } 2>/dev/null]]):format(limit, words,
      folder, folder))
   local status = tonumber(pipe:read '*a')
   pipe:close()
   return status, read(folder .. '/said'):sub(-20000)
end

-- A folder for what a process writes: in memory where there is such a place, for a damaged file takes as long to write on a disk as to
-- read.
local function make_folder()
   local name = os.tmpname()
   os.remove(name)
   local folder = '/dev/shm' .. name:match '/[^/]+$'
   if os.execute(("mkdir '%s' 2>/dev/null"):format(folder)) == 0 then return folder end
   os.execute(("mkdir '%s'"):format(name))
   return name
end

--- Tries seeds; at: 'done', or the seed that ended the process; how: how it ended it; found: what seeds found; count: of what
--- was tried.
---@return {at: string, how: string?, found: table<integer, string>, count: table<string, integer>, text: string}
function process.run(kind, first, last, o)
   local folder = make_folder()
   local status, text = process.luajit(("spec/fuzz/child.lua %s %d %d '%s' %d"):format(kind, first, last, folder, o.limit), folder, o)
   local ended = {at = read(folder .. '/at'):match '%S+' or '', found = {}, count = {}, text = text}
   ended.how = process.ending(status, text) or ended.at ~= 'done' and 'it ended by itself' or nil
   for seed, what in read(folder .. '/found'):gmatch '(%d+)\t([^\n]*)\n' do ended.found[tonumber(seed)] = what end
   for what, n in read(folder .. '/count'):gmatch '([^\n]*)\t(%d+)\n' do ended.count[what] = tonumber(n) end
   if ended.how and ended.at == 'done' then ended.found[first] = ended.how end
   os.execute(("chmod -R u+rwX '%s'; rm -rf '%s'"):format(folder, folder))
   return ended
end

return process
