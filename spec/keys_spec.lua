-- Keys of tables in an order of their own.
local sorted_keys = require 'hilo.keys'

describe('keys', function()
   it('come in order, those of several tables each once', function()
      assert.same({}, sorted_keys {})
      assert.same({'a', 'b', 'c', 'd'}, sorted_keys({c = 1, a = false}, {}, {d = 2, b = 1, a = 3}))
      assert.same({2, 10, 30}, sorted_keys {[30] = 1, [2] = 1, [10] = 1})
   end)

   it('are numbers first, then strings', function()
      assert.same({-1, 1, 11, '1', 'B', 'a'}, sorted_keys {a = 1, ['1'] = 1, [11] = 1, [1] = 1, B = 1, [-1] = 1})
   end)
end)
