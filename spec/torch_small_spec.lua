-- The packages paths, xlua, dok and gnuplot of hilo.torch: in a process of their own.
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

it('Torch7\'s paths, xlua, dok and gnuplot do what scripts call them for', function()
   local folder = tiny.folder()
   finally(function() tiny.remove(folder) end)
   local code, text = process.capture {'luajit', core.root .. 'spec/torch_small.lua', folder}
   assert.equal(0, code, text)
   assert.equal(3, select(2, text:gsub('\n', '\n')), text)
end)
