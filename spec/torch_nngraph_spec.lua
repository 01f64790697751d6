-- The package nngraph of hilo.torch, which changes what calls of modules do: in a process of its own.
local core = require 'hilo.core'
local process = require 'hilo.io.process'

it('Torch7\'s nngraph makes modules of nodes, by calls and by the sign -, that compute, learn, and name what is wrong', function()
   local code, text = process.capture {'luajit', core.root .. 'spec/torch_nngraph.lua'}
   assert.equal(0, code, text)
   assert.equal(6, select(2, text:gsub('\n', '\n')), text)
end)
