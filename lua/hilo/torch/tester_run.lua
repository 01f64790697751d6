--- torch/tester_run.lua: how torch.Tester takes tests, runs them, and what it prints.
local core = require 'hilo.core'
local sorted_keys = require 'hilo.keys'

local check = core.check
local width = 80

local function plural(n, word) return ('%d %s%s'):format(n, word, n == 1 and '' or 's') end

local function list_of(names, what)
   if type(names) == 'string' then return {names} end
   check(type(names) == 'table', 'Tester:%s: expects a name or a table of names, got %s', what, type(names))
   return names
end

-- '2/10 name ........ '
local function heading(i, n, name)
   local text = ('%' .. #tostring(n) .. 'd/%d %s '):format(i, n, name)
   return text .. ('.'):rep(width - 7 - #text) .. ' '
end

local function outcome_word(outcome)
   if outcome.skipped then return 'SKIP' end
   return outcome.error and 'ERROR' or outcome.failed > 0 and 'FAIL' or 'PASS'
end

local function failed(outcome) return outcome.error ~= nil or outcome.failed > 0 end

---@param Tester table the class that gets the methods
return function(Tester)
   -- Of a table, plain or a TestSuite, each function is a test under its name.
   local function add_all(self, tests)
      if rawget(tests, '__isTestSuite') then
         tests = rawget(tests, '__tests')
      else
         self:_warning 'Tester:add: use TestSuite rather than plain lua table'
      end
      for _, name in ipairs(sorted_keys(tests)) do
         check(type(tests[name]) ~= 'table', 'Tester:add: %s is a table; Nested sets of tests are not supported', tostring(name))
         self:add(tests[name], name)
      end
      return self
   end

   --- Takes a test, or a TestSuite of tests. The functions named _setUp and _tearDown are called before and after each test with its
   --- name.
   ---@param f fun()|table<string, fun()>
   ---@param name? string of a single function
   ---@return torch.Tester self
   function Tester:add(f, name)
      if type(f) == 'table' then
         check(name == nil, 'Tester:add: a table of tests takes no name, got %s', tostring(name))
         return add_all(self, f)
      end
      check(type(f) == 'function', 'Tester:add: expects a function or a table of functions, got %s', type(f))
      if name == '_setUp' or name == '_tearDown' then
         check(self[name] == nil, 'Tester:add: Only one function %s is possible', name)
         self[name] = f
         return self
      end
      name = name or 'unknown'
      check(self.tests[name] == nil, 'Tester:add: a test named %s is there already', tostring(name))
      self.tests[name] = f
      return self
   end

   --- Leaves tests out of run(), which tells so.
   ---@param names string|string[]
   ---@return torch.Tester self
   function Tester:disable(names)
      for _, name in ipairs(list_of(names, 'disable')) do
         check(self.tests[name], "Tester:disable: there is no test '%s'", tostring(name))
         self.disabledTests[name] = true
      end
      return self
   end

   function Tester:_chosen(patterns)
      local all = sorted_keys(self.tests)
      if patterns == nil then return all end
      local chosen = {}
      for _, pattern in ipairs(list_of(patterns, 'run')) do
         local before = #chosen
         for _, name in ipairs(all) do if tostring(name):match(pattern) then chosen[#chosen + 1] = name end end
         check(#chosen > before, "Tester:run: Couldn't find test '%s'", pattern)
      end
      return chosen
   end

   function Tester:_run_one(name)
      local outcome = {name = name, passed = 0, failed = 0, warned = 0, skipped = self.disabledTests[name]}
      self.outcomes[name], self.current = outcome, outcome
      if outcome.skipped then return outcome end
      if self._setUp then self._setUp(name) end
      local ok, message = true, nil
      if self.rethrow then self.tests[name]() else ok, message = xpcall(self.tests[name], debug.traceback) end
      if not ok then
         outcome.error = tostring(message)
         self.errors[#self.errors + 1] = ('%s\n Function call failed\n%s\n'):format(name, outcome.error)
      end
      if self._tearDown then self._tearDown(name) end
      return outcome
   end

   local function sum_up(self, names)
      local asserts, failures, errors, skipped, warned = 0, 0, 0, 0, 0
      for _, name in ipairs(names) do
         local outcome = self.outcomes[name]
         if outcome then
            asserts = asserts + outcome.passed + outcome.failed
            failures = failures + (outcome.failed > 0 and 1 or 0)
            errors = errors + (outcome.error and 1 or 0)
            skipped = skipped + (outcome.skipped and 1 or 0)
            warned = warned + (outcome.warned > 0 and 1 or 0)
         end
      end
      self.countasserts = asserts
      io.write(('Completed %s in %s with %s and %s%s%s\n'):format(plural(asserts, 'assert'), plural(#names, 'test'),
         plural(failures, 'failure'), plural(errors, 'error'), warned > 0 and ' and ' .. plural(warned, 'warning') or '',
         skipped > 0 and (' and %d disabled'):format(skipped) or ''))
      if self.summary_only then return end
      local line = ('-'):rep(width) .. '\n'
      for _, texts in ipairs {self.errors, self.warnings} do
         for _, text in ipairs(texts) do io.write(line .. text .. '\n') end
      end
      if #self.errors + #self.warnings > 0 then io.write(line) end
   end

   --- Runs the tests in the order of their names and prints what came of them. An error at the end where one failed.
   ---@param names? string|string[] patterns of the names of those that run; all if not given
   ---@return integer 0
   function Tester:run(names)
      local chosen, any = self:_chosen(names), false
      self.outcomes = {}
      io.write(('Running %s\n'):format(plural(#chosen, 'test')))
      for i, name in ipairs(chosen) do
         local outcome = self:_run_one(name)
         io.write(('%s[%s]%s\n'):format(heading(i, #chosen, name), outcome_word(outcome), outcome.warned > 0 and ' with warning' or ''))
         io.flush()
         any = any or failed(outcome)
         collectgarbage()
         if self.early_abort and failed(outcome) then
            io.write 'Ended at the first test that failed, as setEarlyAbort wants\n'
            break
         end
      end
      self.current = {passed = 0, failed = 0, warned = 0}
      sum_up(self, chosen)
      check(not any, 'An error was found while running tests!')
      return 0
   end
end
