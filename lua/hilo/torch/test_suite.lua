--- torch/test_suite.lua: torch.TestSuite, a table of tests that takes each name once.
---
---     local tests = torch.TestSuite()
---     function tests.adds() tester:eq(1 + 1, 2) end
local core = require 'hilo.core'

local Suite = {}

function Suite:__index(name) return rawget(self, '__tests')[name] end

function Suite:__newindex(name, test)
   local tests = rawget(self, '__tests')
   core.check(tests[name] == nil, 'Test %s is already defined.', tostring(name))
   core.check(type(test) ~= 'table', 'TestSuite: %s is a table; nested tables of tests are not supported', tostring(name))
   core.check(type(test) == 'function', 'TestSuite: only functions are tests, %s is a %s', tostring(name), type(test))
   tests[name] = test
end

--- An empty table of tests for torch.Tester's add(). A name that comes a second time, or anything but a function, is an error.
---@return table<string, fun()>
return function() return setmetatable({__tests = {}, __isTestSuite = true}, Suite) end
