-- Torch7's files where hilo.torch is loaded, which changes what tensors do: in a process of its own.
local core = require 'hilo.core'
local process = require 'hilo.io.process'

describe("Torch7's files, with hilo.torch", function()
   it('keep its types, its storages and what they share, sizes, and objects of its classes', function()
      local code, text = process.capture {'luajit', core.root .. 'spec/t7_torch.lua'}
      assert.equal(0, code, text)
      assert.equal(7, select(2, text:gsub('\n', '\n')), text)
   end)
end)
