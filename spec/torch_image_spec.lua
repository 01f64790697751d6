-- The package image of hilo.torch, which changes what tensors do: in a process of its own.
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

it('Torch7\'s image scales, crops, turns, warps, filters, converts, draws, reads and writes as it should', function()
   local folder = tiny.folder()
   finally(function() tiny.remove(folder) end)
   local code, text = process.capture {'luajit', core.root .. 'spec/torch_image.lua', folder}
   assert.equal(0, code, text)
   assert.equal(8, select(2, text:gsub('\n', '\n')), text)
end)
