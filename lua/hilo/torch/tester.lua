--- torch/tester.lua: torch.Tester, Torch7's runner of tests: checks that are counted and reported together.
---
---     local tests, tester = torch.TestSuite(), torch.Tester()
---     function tests.adds() tester:eq(torch.ones(2) + 1, torch.Tensor{2, 2}) end
---     tester:add(tests):run()
local core = require 'hilo.core'
local class = require 'hilo.nn.class'
local compare = require 'hilo.torch.compare'

local check, is_tensor = core.check, core.is_tensor

---@class torch.Tester
---@field tests table<string, fun()>
---@field errors string[] what failed, with its place
---@field warnings string[]
---@field outcomes table<string, {passed: integer, failed: integer, error: string?, skipped: boolean?, warned: integer}> of run()
---@field countasserts integer checks of the last run()
local Tester = class 'torch.Tester'

function Tester:__init()
   self.tests, self.disabledTests, self.errors, self.warnings, self.outcomes = {}, {}, {}, {}, {}
   self.current = {passed = 0, failed = 0, warned = 0} -- checks outside of any test
   -- assertTensorEq takes tensors of as many elements for equal, with a warning
   self._assertTensorEqIgnoresDims = true
end

--- run() ends after the first test that fails.
---@param early boolean
function Tester:setEarlyAbort(early) self.early_abort = early end
--- Errors in tests, and checks that fail, end run() with their error.
---@param rethrow boolean
function Tester:setRethrowErrors(rethrow) self.rethrow = rethrow end
--- run() prints which tests failed, but not why.
---@param only boolean
function Tester:setSummaryOnly(only) self.summary_only = only end

-- ---- checks ----

-- 'file.lua:12', the nearest line that called one of these methods.
local function place()
   local here, level = debug.getinfo(1, 'S').source, 2
   while true do
      local info = debug.getinfo(level, 'Sl')
      if not info then return 'an unknown place' end
      if info.source ~= here and info.currentline > 0 then return ('%s:%d'):format(info.short_src, info.currentline) end
      level = level + 1
   end
end

function Tester:_told(message)
   return ('%s\n%s\n   at %s'):format(self.current.name or 'outside of a test', message, place())
end

function Tester:_success()
   self.current.passed = self.current.passed + 1
   return true
end

function Tester:_failure(message)
   if self.rethrow then error(message, 0) end
   self.current.failed = self.current.failed + 1
   self.errors[#self.errors + 1] = self:_told(message)
   return false
end

function Tester:_warning(message)
   self.current.warned = self.current.warned + 1
   self.warnings[#self.warnings + 1] = self:_told(message)
end

local function verdict(self, holds, message, why)
   if holds then return self:_success() end
   return self:_failure(message == '' and why or message .. '\n' .. why)
end

local function message_of(name, ...)
   check(select('#', ...) <= 1 or next({select(2, ...)}) == nil, 'Tester:%s: Unexpected arguments after the message', name)
   local message = ...
   check(message == nil or type(message) == 'string', 'Tester:%s: the message must be a string, got %s', name, type(message))
   return message or ''
end

-- A tolerance and a message, in either order.
local function tolerance_of(name, default, ...)
   local tolerance, message
   for i = 1, select('#', ...) do
      local x = select(i, ...)
      if type(x) == 'number' and not tolerance then
         check(x >= 0, 'Tester:%s: a tolerance cannot be negative, got %s', name, tostring(x))
         tolerance = x
      elseif type(x) == 'string' and not message then
         message = x
      else
         check(x == nil, 'Tester:%s: expects a tolerance and a message, got %s', name, type(x))
      end
   end
   return tolerance or default, message or ''
end

--- The condition is true.
---@param condition boolean
---@param ... string? message
---@return boolean passed
function Tester:assert(condition, ...)
   local message = message_of('assert', ...)
   if type(condition) ~= 'boolean' then
      self:_warning ':assert should only be used for boolean conditions; for others write tester:assert(x ~= nil)'
   end
   return verdict(self, condition, message, 'BOOL violation condition=' .. tostring(condition))
end

-- name -> what holds, and what is told where it does not
local orders = {
   assertlt = {function(a, b) return a < b end, 'LT failed: %s >= %s'},
   assertgt = {function(a, b) return a > b end, 'GT failed: %s <= %s'},
   assertle = {function(a, b) return a <= b end, 'LE failed: %s > %s'},
   assertge = {function(a, b) return a >= b end, 'GE failed: %s < %s'},
   asserteq = {function(a, b) return a == b end, 'EQ failed: %s ~= %s'},
}
for name, order in pairs(orders) do
   --- a < b (assertlt), a > b (gt), a <= b (le), a >= b (ge), or a == b (eq), as Lua compares.
   ---@param a any
   ---@param b any
   ---@param ... string? message
   ---@return boolean passed
   Tester[name] = function(self, a, b, ...)
      return verdict(self, order[1](a, b), message_of(name, ...), order[2]:format(tostring(a), tostring(b)))
   end
end

--- a ~= b, as Lua compares.
---@param a any
---@param b any
---@param ... string? message
---@return boolean passed
function Tester:assertne(a, b, ...)
   local message = message_of('assertne', ...)
   if type(a) == 'table' and type(b) == 'table' then
      self:_warning ':assertne should only be used to compare basic values; :ne compares what tables and tensors hold'
   end
   return verdict(self, a ~= b, message, ('NE failed: %s == %s'):format(tostring(a), tostring(b)))
end

--- |a - b| is at most a tolerance.
---@param a number
---@param b number
---@param ... number|string tolerance, 1e-16 if not given, and message
---@return boolean passed
function Tester:assertalmosteq(a, b, ...)
   local tolerance, message = tolerance_of('assertalmosteq', 1e-16, ...)
   return verdict(self, math.abs(a - b) <= tolerance, message,
      ('ALMOST_EQ failed: %s ~= %s with tolerance=%s'):format(tostring(a), tostring(b), tostring(tolerance)))
end

-- Equality of what values hold, or that they differ.
local function equality(name, wanted, differ)
   return function(self, a, b, ...)
      local tolerance, message = tolerance_of(name, 0, ...)
      local difference = differ(self, a, b, tolerance)
      if wanted then return verdict(self, not difference, message, difference) end
      return verdict(self, difference ~= nil, message, ('NE failed: %s == %s'):format(tostring(a), tostring(b)))
   end
end

local function of_values(_, a, b, tolerance) return compare.values(a, b, tolerance) end

local function of_tables(_, a, b, tolerance)
   check(type(a) == 'table', 'Tester: First argument should be a Table, got %s', type(a))
   check(type(b) == 'table', 'Tester: Second argument should be a Table, got %s', type(b))
   return compare.values(a, b, tolerance)
end

local function of_tensors(self, a, b, tolerance)
   check(is_tensor(a), 'Tester: First argument should be a Tensor, got %s', type(a))
   check(is_tensor(b), 'Tester: Second argument should be a Tensor, got %s', type(b))
   local difference = compare.tensors(a, b, tolerance, self._assertTensorEqIgnoresDims)
   if not difference and not a:isSameSizeAs(b) then
      self:_warning 'Tensors with the same elements but different dimensions count as equal here; :eq looks at dimensions too'
   end
   return difference
end

--- Numbers, strings, tensors, storages and tables of them are equal, numbers within a tolerance; eq is short for it. assertTensorEq and
--- assertTableEq are for one kind alone, and the methods with Ne check that there is a difference.
---@type fun(self: torch.Tester, got: any, expected: any, ...): boolean
Tester.assertGeneralEq = equality('eq', true, of_values)
Tester.assertGeneralNe = equality('ne', false, of_values)
Tester.eq, Tester.ne = Tester.assertGeneralEq, Tester.assertGeneralNe
Tester.assertTensorEq = equality('assertTensorEq', true, of_tensors)
Tester.assertTensorNe = equality('assertTensorNe', false, of_tensors)
Tester.assertTableEq = equality('assertTableEq', true, of_tables)
Tester.assertTableNe = equality('assertTableNe', false, of_tables)

-- f() raises an error that is as wanted.
local function raises(name, as_wanted)
   return function(self, f, wanted, ...)
      local message = as_wanted and message_of(name, ...) or message_of(name, wanted, ...)
      local ok, err = pcall(f)
      return verdict(self, not ok and (not as_wanted or as_wanted(err, wanted)), message,
         ok and 'ERROR violation: no error was raised' or 'ERROR violation: err=' .. tostring(err))
   end
end

--- f() raises an error: of any kind (assertError), of that text (Msg), with that pattern in it (Pattern), or one for which
--- wanted(err) is true (Obj).
---@type fun(self: torch.Tester, f: fun(), ...): boolean
Tester.assertError = raises 'assertError'
Tester.assertErrorMsg = raises('assertErrorMsg', function(err, wanted) return err == wanted end)
Tester.assertErrorPattern = raises('assertErrorPattern', function(err, wanted) return tostring(err):find(wanted) ~= nil end)
Tester.assertErrorObj = raises('assertErrorObj', function(err, wanted) return wanted(err) end)

--- f() raises no error.
---@param f fun()
---@param ... string? message
---@return boolean passed
function Tester:assertNoError(f, ...)
   local message = message_of('assertNoError', ...)
   local ok, err = pcall(f)
   return verdict(self, ok, message, 'ERROR violation: err=' .. tostring(err))
end

require 'hilo.torch.tester_run'(Tester)

return Tester
