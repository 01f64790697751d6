-- Tries random programs over the public API, and damaged files of every format that is read, in processes of their own with limits of
-- time and memory; says what crashed, hung, leaked or gave an inner error, each once, reduced to a small script.
--
--    luajit spec/fuzz/fuzz.lua seconds=60                        both kinds, other seeds each time
--    luajit spec/fuzz/fuzz.lua kinds=calls seed=7 count=2000     the same programs each time
--    luajit spec/fuzz/fuzz.lua kinds=files seed=41 count=1       one of them again
--
-- limit=n: seconds of processor time that a seed may take. reduce=n: how many findings become small scripts. inner=false: crashes,
-- ends that do not come and leaks alone. Exit status 1 where something was found.
-- By whole paths: programs change the folder, and what is checked is read from the comments of Lua's files when it is first called.
local here = require('posix.unistd').getcwd()
package.path = ('%s/lua/?.lua;%s/lua/?/init.lua;%s/?.lua;%s'):format(here, here, here, package.path)
require('posix.stdlib').setenv('LUA_PATH', package.path) -- of its processes too
local reduce = require 'spec.fuzz.reduce'
local process = require 'spec.fuzz.process'
local try = require 'spec.fuzz.try'

local o = {seconds = 60, count = 0, kinds = 'calls,files', seed = os.time() % 2 ^ 20 * 1000, batch = 1000, out = 'build/fuzz',
   memory_mb = 1500, reduce = 20, inner = 'true', limit = 10}
for _, word in ipairs(arg) do
   local key, value = word:match '^(%w+_?%w*)=(.*)$'
   assert(key and o[key] ~= nil,
      ("'%s' is no option; there are seconds, count, kinds, seed, batch, out, memory_mb, limit, reduce, inner"):format(word))
   o[key] = tonumber(value) or value
end

os.execute(("mkdir -p '%s'"):format(o.out))
local tally, order = {}, {} -- what was found -> how often, the first seed

-- Numbers, addresses and quoted text apart, so that one mistake is told once.
local function signature(what)
   return (what:gsub("'.-'", "'...'"):gsub('/[%w_/.]+/', ''):gsub('0x%x+', 'N'):gsub('%-?%d+%.?%d*e?[+-]?%d*', 'N'))
end

local function found(kind, seed, what)
   if o.inner == 'false' and try.is_inner(what) then return end
   local key = kind .. ': ' .. signature(what)
   if tally[key] then
      tally[key].times = tally[key].times + 1
      return
   end
   local path = ('%s/%s-%d.lua'):format(o.out, kind, seed)
   tally[key] = {times = 1, kind = kind, seed = seed, what = what, path = path}
   order[#order + 1] = key
   if #order > o.reduce then return end
   reduce[kind](path, seed, what, o)
   print(('%s seed %d: %s\n   luajit %s'):format(kind, seed, what, path))
   io.stdout:flush()
end

local counts = {} -- kind -> what -> how many

local function add_counts(kind, more)
   counts[kind] = counts[kind] or {}
   for what, n in pairs(more) do counts[kind][what] = (counts[kind][what] or 0) + n end
end

-- Calls by how they were made, files by format: of each how many came back with a value, were refused by an error that says why, or
-- failed by an inner one, or was stopped since it took long.
local function print_counts(kind)
   local rows, names, sum = {}, {}, {returned = 0, refused = 0, stopped = 0, failed = 0}
   for what, n in pairs(counts[kind] or {}) do
      local name, ending = what:match '^(.*) (%w+)$'
      if not rows[name] then
         rows[name] = {returned = 0, refused = 0, stopped = 0, failed = 0}
         names[#names + 1] = name
      end
      rows[name][ending], sum[ending] = n, sum[ending] + n
   end
   table.sort(names)
   names[#names + 1], rows.all = 'all', sum
   for _, name in ipairs(names) do
      local row = rows[name]
      print(('   %-12s %8d returned %8d refused %4d stopped %4d failed'):format(name, row.returned, row.refused,
         row.stopped, row.failed))
   end
end

-- Seeds first..last, whatever ends the process that tries them; returns how many were tried.
local function try_seeds(kind, first, last)
   local at = first
   while at <= last do
      local ended = process.run(kind, at, last, o)
      add_counts(kind, ended.count)
      for seed, what in pairs(ended.found) do found(kind, seed, what) end
      if ended.at == 'done' then break end
      if not tonumber(ended.at) then
         print(('%s: the process did not begin: %s'):format(kind, ended.text))
         os.exit(2)
      end
      found(kind, tonumber(ended.at), ended.how)
      at = tonumber(ended.at) + 1
   end
   return last - first + 1
end

local began, done = os.time(), {}
local kinds = {}
for kind in o.kinds:gmatch '%w+' do kinds[#kinds + 1] = kind end
local next_seed = o.seed
repeat
   local batch = o.count > 0 and math.min(o.batch, o.seed + o.count - next_seed) or o.batch
   for _, kind in ipairs(kinds) do
      done[kind] = (done[kind] or 0) + try_seeds(kind, next_seed, next_seed + batch - 1)
   end
   next_seed = next_seed + batch
   local over = o.count > 0 and next_seed >= o.seed + o.count or o.count == 0 and os.time() - began >= o.seconds
until over

for _, kind in ipairs(kinds) do
   print(('%s: %d tried, seeds %d to %d'):format(kind, done[kind], o.seed, next_seed - 1))
   print_counts(kind)
end
for _, key in ipairs(order) do
   local t = tally[key]
   print(('%6d times  %s, seed %d: %s'):format(t.times, t.kind, t.seed, t.what))
end
print(#order == 0 and 'nothing was found' or ('%d different findings'):format(#order))
os.exit(#order == 0 and 0 or 1)
