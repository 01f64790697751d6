--- spec/torch7/run.lua: Torch7's own suites through hilo.torch, from folders of whoever runs them; nothing of them is part of this
--- project. `luajit spec/torch7/run.lua TORCH7=<torch7> TORCH_NN=<nn> [names]`: names are patterns of tests, all if not given.
---
--- Prints what passed and what failed, with the reason that README.md beside this file lists for it; the exit status is 1 where a
--- test fails that it does not list, or where a file of a suite is not found or ends early.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local here = debug.getinfo(1, 'S').source:match '^@(.-)[^/]*$'

require 'hilo.torch'

local torch, nn = _G.torch, _G.nn

-- ---- what README.md lists: '- Name, Name: reason', under a heading that names the suite ----

local function listed(suite)
   local items, inside = {}, false
   for line in io.lines(here .. 'README.md') do
      local heading, item = line:match '^## (.*)', line:match '^%- (.*)'
      if heading then inside = heading:find(suite, 1, true) ~= nil end
      if inside and item then
         items[#items + 1] = item
      elseif inside and line:match '^  %S' then
         items[#items] = items[#items] .. line:gsub('^ +', ' ')
      end
   end
   local reasons = {}
   for _, item in ipairs(items) do
      local names, reason = item:match '^([%w_., ]+): (.*)'
      for name in (names or ''):gmatch '[%w_.]+' do reasons[name] = reason end
   end
   return reasons
end

-- ---- running ----

local testers, depth = {}, 0
local run = torch.Tester.run

local function left(ok, ...)
   depth = depth - 1
   if not ok then error((...), 0) end
   return ...
end

-- Suites that test the Tester have testers in their tests: those stay as they are.
function torch.Tester:run(names)
   depth = depth + 1
   if depth == 1 then
      testers[#testers + 1] = self
      self:setSummaryOnly(true)
   end
   return left(pcall(run, self, names))
end

-- Of moses, a package of LuaRocks, torch/nn's tests use these two.
if not pcall(require, 'moses') then
   package.preload.moses = function()
      return {isNaN = function(x) return x ~= x end, map = function(t, f)
         local mapped = {}
         for key, value in pairs(t) do mapped[key] = f(key, value) end
         return mapped
      end}
   end
end

local function first_lines(text) return (text:gsub('\nstack traceback.*', ''):gsub('\n', ' | ')) end

-- The errors of a tester by test: each begins with the test's name.
local function errors_of(tester)
   local errors = {}
   for _, text in ipairs(tester.errors) do
      local name, message = text:match '^(.-)\n(.*)$'
      errors[name or ''] = errors[name or ''] or first_lines(message or text)
   end
   return errors
end

-- Whether nothing failed that is not listed.
local function report(suite, known)
   local passed, failed, unknown = 0, {}, 0
   for _, tester in ipairs(testers) do
      local errors = errors_of(tester)
      for name, outcome in pairs(tester.outcomes) do
         if outcome.error or outcome.failed > 0 then
            failed[#failed + 1] = {name = name, message = errors[name]}
         else
            passed = passed + 1
         end
      end
   end
   table.sort(failed, function(a, b) return a.name < b.name end)
   print(('\n%s: %d passed, %d failed'):format(suite, passed, #failed))
   for _, test in ipairs(failed) do
      local reason = known[test.name]
      if not reason then unknown = unknown + 1 end
      print(('   %s: %s'):format(test.name, reason or 'NOT LISTED: ' .. tostring(test.message)))
   end
   return unknown == 0
end

-- Whether all files were found and ran to their end, and nothing failed that is not listed.
local function suite(name, files, start)
   testers = {}
   local whole = true
   for _, path in ipairs(files) do
      local file = io.open(path)
      local ok, message = false, 'there is no such file'
      if file then
         file:close()
         math.randomseed(1)
         torch.manualSeed(1)
         ok, message = pcall(start, path)
      end
      -- a tester ends with an error where a test failed
      if not ok and not tostring(message):find('An error was found', 1, true) then
         print(('%s: %s'):format(path, message))
         whole = false
      end
   end
   return report(name, listed(name)) and whole
end

-- ---- the suites ----

local folders, names = {}, {}
for _, word in ipairs(arg) do
   local key, value = word:match '^([%u%d_]+)=(.*)$'
   if key then folders[key] = value:gsub('/$', '') else names[#names + 1] = word end
end
if #names == 0 then names = nil end

local torch7, torch_nn = folders.TORCH7, folders.TORCH_NN
if not torch7 and not torch_nn then
   io.stderr:write 'usage: luajit spec/torch7/run.lua TORCH7=<folder of torch7> TORCH_NN=<folder of nn> [names of tests]\n'
   os.exit(2)
end

local holds = true
if torch7 then
   holds = suite("torch7's test.lua", {torch7 .. '/test/test.lua'}, function(path)
      dofile(path)
      torch.test(names)
   end) and holds
   if not names then
      local others = {}
      for i, name in ipairs {'test_Tester', 'test_half', 'test_qr', 'longSize', 'test_aliasMultinomial'} do
         others[i] = ('%s/test/%s.lua'):format(torch7, name)
      end
      holds = suite("torch7's smaller suites", others, dofile) and holds
   end
end
if torch_nn then
   holds = suite("torch/nn's test.lua", {torch_nn .. '/test.lua'}, function(path)
      dofile(path)
      nn.test(names, 123)
   end) and holds
end
os.exit(holds and 0 or 1)
