-- Packages of hilo.torch, which change what tensors and modules do: each in a process of its own, which prints a line for each thing
-- that holds.
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local packages = {
   {'torch_image', 8, 'Torch7\'s image scales, crops, turns, warps, filters, converts, draws, reads and writes as it should'},
   {'torch_nngraph', 6,
      'Torch7\'s nngraph makes modules of nodes, by calls and by the sign -, that compute, learn, and name what is wrong'},
   {'torch_small', 3, 'Torch7\'s paths, xlua, dok and gnuplot do what scripts call them for'},
}

for _, package in ipairs(packages) do
   local program, lines, name = unpack(package)
   it(name, function()
      local folder = tiny.folder()
      finally(function() tiny.remove(folder) end)
      local code, text = process.capture {'luajit', ('%sspec/%s.lua'):format(core.root, program), folder}
      assert.equal(0, code, text)
      assert.equal(lines, select(2, text:gsub('\n', '\n')), text)
   end)
end
