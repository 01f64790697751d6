--- spec/bench/long.lua: a long run of a small network with all that a run can do, watched from outside: resident memory, open files and
--- threads, by step.
---
---    luajit spec/bench/long.lua steps=100000                  # long_run.lua, a network of two layers
---    luajit spec/bench/long.lua steps=10000 script=s4gan      # or mlmt
---    luajit spec/bench/long.lua steps=2000 within=5           # percent by which memory may grow
---
--- Prints a line for each tenth of the run and one at the end; the exit status tells whether memory stayed flat from the second tenth
--- on, and open files and threads the same. Memory is the median of a tenth's samples: between two collections it goes up and down.
--- Open files and threads are the least that was seen, up to the ninth tenth: a file that is being written is no leak, and the last
--- tenth sees the run close what it has.
-- Specs require this file too, and have a path of their own.
local is_script = arg and arg[0] and arg[0]:find 'spec/bench/long%.lua$'
if is_script then package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path end
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local file = require 'hilo.io.file'
local poll = require 'posix.poll'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local long = {}

local scripts = {
   small = 'on_nan=skip histograms=1',
   s4gan = 'crop=33 batch=2 unlabelled_batch=2 model.width=4 d_channels=4 data.labelled=4 on_nan=skip histograms=1 diagnostics=4',
   mlmt = 'resize=33 batch=2 unlabelled_batch=2 model.width=4 data.labelled=4 histograms=1',
}

local function words_of(o, set, runs)
   local every = math.max(20, math.floor(o.steps / 200))
   local script = o.script == 'small' and 'spec/bench/long_run.lua' or ('experiments/%s.lua'):format(o.script)
   local words = {'luajit', core.root .. 'lua/bin/hilo', core.root .. script, 'name=long', 'runs=' .. runs, 'data.root=' .. set,
      'threads=1', 'workers=1', 'steps=' .. o.steps, 'log_every=10', 'eval_every=' .. every, 'checkpoint_every=' .. every, 'pictures=2'}
   for word in scripts[o.script]:gmatch '%S+' do words[#words + 1] = word end
   return words
end

local function count(path)
   local ok, names = pcall(folder.list, path)
   return ok and #names or nil
end

-- What a process uses now; nil once it has ended.
local function sample(pid)
   local status = file.read_small(('/proc/%d/status'):format(pid)) or ''
   local resident, threads = status:match 'VmRSS:%s*(%d+)', status:match 'Threads:%s*(%d+)'
   local handles = count(('/proc/%d/fd'):format(pid))
   if not resident or not handles then return nil end
   return {resident = tonumber(resident) * 1024, threads = tonumber(threads), handles = handles}
end

-- The step of the log's last whole line.
local function step_of(path)
   local ok, size = pcall(file.size, path)
   if not ok then return 0 end
   local from = math.max(0, size - 4096)
   local read, text = pcall(file.read, path, from, size - from)
   local step = read and text:match '.*"step"%s*:%s*(%d+)[^\n]*\n'
   return tonumber(step) or 0
end

local function median(list, key)
   local values = {}
   for i, entry in ipairs(list) do values[i] = entry[key] end
   table.sort(values)
   return values[math.ceil(#values / 2)]
end

local function least(list, key)
   local value = math.huge
   for _, entry in ipairs(list) do value = math.min(value, entry[key]) end
   return value
end

--- Trains in a process of its own and watches it.
---@param o {steps: integer, script: string, pause: integer?} pause: milliseconds between two looks
---@return {resident: number, threads: integer, handles: integer, samples: integer}[] tenths in bytes; nil for those of which
--- nothing was seen
function long.run(o)
   local set, runs = tiny.voc {n = 8, val = 2}, tiny.folder()
   local pid = process.start(words_of(o, set, runs), {output = runs .. '/said', environment = {OMP_WAIT_POLICY = 'passive'},
      dies_with_parent = 9})
   local by_tenth, ending = {}, nil
   while not ending do
      poll.poll({}, o.pause or 500)
      local step, seen = step_of(runs .. '/long/log.jsonl'), sample(pid)
      if seen and step > 0 then
         local tenth = math.min(10, 1 + math.floor(10 * step / o.steps))
         by_tenth[tenth] = by_tenth[tenth] or {}
         table.insert(by_tenth[tenth], seen)
      end
      ending = process.ended(pid)
   end
   local said, tenths = tiny.read(runs .. '/said'), {}
   for tenth, list in pairs(by_tenth) do
      tenths[tenth] = {resident = median(list, 'resident'), threads = least(list, 'threads'), handles = least(list, 'handles'),
         samples = #list}
   end
   tiny.remove(set)
   tiny.remove(runs)
   core.check(ending.code == 0, 'long: the run did not end well:\n%s', said)
   return tenths
end

--- What changed from one tenth to the last.
---@param tenths table of long.run
---@param first? integer 2
---@return {growth: number, threads: integer, handles: integer} growth: of resident memory, percent; the others: the difference
function long.change(tenths, first)
   local from, late, to = tenths[first or 2], tenths[9], tenths[10]
   core.check(from and late and to, 'long: too few samples; take more steps, or a shorter pause')
   return {growth = 100 * (to.resident / from.resident - 1), threads = late.threads - from.threads,
      handles = late.handles - from.handles}
end

local function main(arguments)
   local o = {steps = 100000, script = 'small', within = 2, pause = 500}
   for _, word in ipairs(arguments) do
      local key, value = word:match '^(%w+)=(%w+)$'
      core.check(key and o[key], "long: '%s' is none of steps=, script=, within= and pause=", word)
      o[key] = tonumber(value) or value
   end
   core.check(scripts[o.script], "long: there is no script '%s'; there are small, s4gan and mlmt", o.script)
   local began = core.host.hl_host_time()
   local tenths = long.run(o)
   for tenth = 1, 10 do
      local t = tenths[tenth]
      if t then
         print(('steps up to %7d   %.1f MB   %d threads   %d open files   (%d samples)'):format(o.steps * tenth / 10,
            t.resident / 2 ^ 20, t.threads, t.handles, t.samples))
      end
   end
   local change = long.change(tenths)
   local sound = change.growth <= o.within and change.threads == 0 and change.handles == 0
   print(('%s: %d steps of %s in %.0f s: memory %+.2f %%, threads %+d, open files %+d'):format(sound and 'flat' or 'NOT FLAT', o.steps,
      o.script, core.host.hl_host_time() - began, change.growth, change.threads, change.handles))
   os.exit(sound and 0 or 1)
end

if is_script then main(arg) end

return long
