--- spec/kill/kill.lua: SIGKILLs at instants spread over all that a run does. Runs of s4GAN, MLMT and fuse are killed again and again,
--- each time in a phase and at an instant that are drawn, and gone on with; their ends are compared with those of undisturbed runs.
---
---    luajit spec/kill/kill.lua kills=1000 seed=1
---
--- Prints how often each phase was hit; the exit status tells whether all ends are alike to the last bit, and no line of a log came
--- twice or was lost.
-- Specs require this file too, and have a path of their own.
local is_script = arg and arg[0] and arg[0]:find 'spec/kill/kill%.lua$'
if is_script then package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path end
local core = require 'hilo.core'
local hilo = require 'hilo'
local folder = require 'hilo.data.folder'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local killing = {}

local json, Log = hilo.train.json, hilo.train.Log

local scripts = {
   s4gan = 'crop=17 batch=1 unlabelled_batch=1 d_channels=2 gamma=0.4 data.labelled=3 steps=6 checkpoint_every=2 log_every=1 '
      .. 'eval_every=3 pictures=1 diagnostics=1 histograms=2 model.width=2',
   mlmt = 'resize=17 batch=2 unlabelled_batch=2 data.labelled=3 steps=6 checkpoint_every=2 log_every=1 eval_every=3 model.width=2',
   fuse = 'segmentation=s4gan mlmt=mlmt pictures=1',
}
local order = {'s4gan', 'mlmt', 'fuse'}

---@class Killing
---@field root string its folder
---@field counts table<string, table<string, integer>> kills by script and phase
local Killing = {}
Killing.__index = Killing

local function words_of(self, script, runs, more)
   local words = {'luajit', core.root .. 'lua/bin/hilo', core.root .. 'spec/kill/phases.lua',
      ('%sexperiments/%s.lua'):format(core.root, script), 'name=' .. script, 'runs=' .. runs, 'threads=1', 'workers=1', 'cache_mb=1'}
   if script ~= 'fuse' then words[#words + 1] = 'data.root=' .. self.set end
   for word in (scripts[script] .. ' ' .. (more or '')):gmatch '%S+' do words[#words + 1] = word end
   return words
end

-- One process; returns how it ended and the phase that it was in.
local function run(self, words, environment)
   local mark, said = self.root .. '/phase', self.root .. '/said'
   tiny.write(mark, ('\0'):rep(64))
   os.remove(said)
   environment.HILO_PHASE_FILE, environment.OMP_WAIT_POLICY = mark, 'passive'
   local ending = process.wait(process.start(words, {output = said, environment = environment}))
   return ending, tiny.read(mark):match '^%Z*', tiny.read(said)
end

-- What an undisturbed run leaves, by file: what does not depend on when and where it ran.
local function end_of(path)
   local files = {}
   local function add(below)
      for _, name in ipairs(folder.list(path .. below)) do
         local key = below .. '/' .. name
         if folder.is_folder(path .. key) then
            add(key)
         elseif name == 'log.jsonl' then
            local lines = {}
            for i, entry in ipairs(Log.read(path .. key)) do
               entry.seconds = nil
               lines[i] = json.encode(entry, {one_line = true})
            end
            files[key] = table.concat(lines, '\n')
         elseif not name:find '^events' and name ~= 'machine.json' and name ~= 'options.json' and name ~= 'defaults.json'
            and name ~= 'previous.safetensors' then
            files[key] = tiny.read(path .. key)
         end
      end
   end
   add ''
   return files
end

local function check_same(script, expected, path)
   local found = end_of(path)
   for name, text in pairs(expected) do
      core.check(found[name], 'kill: %s: %s is missing at the end', script, name)
      core.check(found[name] == text, 'kill: %s: %s is not what an undisturbed run leaves%s', script, name,
         name:find 'json' and (':\n%s\nin the place of\n%s'):format(found[name], text) or '')
   end
   for name in pairs(found) do core.check(expected[name], 'kill: %s: %s is left over at the end', script, name) end
   for _, below in ipairs {'', '/evaluation', '/labels', '/pictures'} do
      for _, name in ipairs(folder.is_folder(path .. below) and folder.list(path .. below, {hidden = true}) or {}) do
         core.check(not name:find 'tmp$', 'kill: %s: %s is left over at the end', script, name)
      end
   end
end

--- Makes the undisturbed runs.
---@param seed integer
---@return Killing
function killing.start(seed)
   local self = setmetatable({root = tiny.folder(), set = tiny.voc {n = 6, val = 2, h = 20, w = 24}, counts = {}, ends = {},
      phases = {}, kills = 0, finished = 0}, Killing)
   math.randomseed(seed)
   self.calm = self.root .. '/calm'
   for _, script in ipairs(order) do
      local times = self.root .. '/times'
      local ending, _, said = run(self, words_of(self, script, self.calm), {HILO_PHASE_TIMES = times})
      core.check(ending.code == 0, 'kill: %s does not run:\n%s', script, said)
      self.ends[script], self.counts[script], self.phases[script] = end_of(self.calm .. '/' .. script), {}, {}
      for phase, time in pairs(json.load(times)) do
         table.insert(self.phases[script], {phase, time.count, time.seconds / time.count})
      end
      table.sort(self.phases[script], function(a, b) return a[1] < b[1] end)
   end
   return self
end

-- The phase of the next kill: those that were hit least come first.
local function draw(self, script)
   local list, least, counts = {}, math.huge, self.counts[script]
   for _, phase in ipairs(self.phases[script]) do
      local n = counts[phase[1]] or 0
      if n < least then list, least = {}, n end
      if n == least then list[#list + 1] = phase end
   end
   local phase = list[math.random(#list)]
   return ('%s:%d:%.0f'):format(phase[1], math.random(math.max(1, math.ceil(phase[2] / 2))), math.random() * phase[3] * 1.2e6)
end

--- A run that is killed again and again until it comes to its end, or `most` kills were made; its end is compared.
---@param script string
---@param most integer
function Killing:one(script, most)
   local runs = script == 'fuse' and self.calm or self.root .. '/rough'
   local path = runs .. '/' .. script
   if script ~= 'fuse' then tiny.remove(path) end
   local own = 0
   while true do
      local going_on = script ~= 'fuse' and folder.is_file(path .. '/options.json')
      local kill = own < most and draw(self, script) or nil
      local ending, phase, said = run(self, words_of(self, script, runs, going_on and 'resume=true' or ''), {HILO_KILL = kill})
      if ending.signal == 9 then
         own, self.kills = own + 1, self.kills + 1
         self.counts[script][phase] = (self.counts[script][phase] or 0) + 1
      else
         core.check(ending.code == 0, 'kill: %s, to be killed at %s after %d kills, says:\n%s', script, tostring(kill), own, said)
         break
      end
   end
   self.finished = self.finished + 1
   check_same(script, self.ends[script], path)
end

--- Lines that tell how often each phase was hit.
---@return string[]
function Killing:told()
   local lines = {}
   for _, script in ipairs(order) do
      local parts, sum = {}, 0
      for _, phase in ipairs(require 'hilo.keys'(self.counts[script])) do
         parts[#parts + 1] = ('%s %d'):format(phase, self.counts[script][phase])
         sum = sum + self.counts[script][phase]
      end
      lines[#lines + 1] = ('%-6s %4d kills: %s'):format(script, sum, table.concat(parts, ', '))
   end
   return lines
end

function Killing:remove()
   tiny.remove(self.root)
   tiny.remove(self.set)
end

local function main(arguments)
   local o = {kills = 100, seed = 1, each = 8}
   for _, word in ipairs(arguments) do
      local key, value = word:match '^(%w+)=(%d+)$'
      core.check(key and o[key], "kill: '%s' is none of kills=, seed= and each= (kills of one run)", word)
      o[key] = tonumber(value)
   end
   local began = core.host.hl_host_time()
   local self = killing.start(o.seed)
   while self.kills < o.kills do
      self:one(order[1 + self.finished % #order], math.min(o.each, o.kills - self.kills))
      if self.finished % #order == 0 then
         io.stderr:write(('%d kills, %d runs\n%s\n'):format(self.kills, self.finished, table.concat(self:told(), '\n')))
      end
   end
   print(table.concat(self:told(), '\n'))
   print(('%d kills in %.0f s: %d runs, all of which ended as undisturbed ones, to the last bit'):format(self.kills,
      core.host.hl_host_time() - began, self.finished))
   self:remove()
end

if is_script then main(arg) end

return killing
