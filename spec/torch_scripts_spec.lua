-- require 'hilo.torch': programs in the idiom of Torch7's public scripts, its files, and that nothing of it is loaded unasked.
local core = require 'hilo.core'
local tiny = require 'spec.tiny_set'

local function shell(command)
   local pipe = io.popen(('cd %s. && { OMP_WAIT_POLICY=passive %s ; } 2>&1; echo "exit $?"'):format(core.root, command))
   local text = pipe:read('*a')
   pipe:close()
   return tonumber(text:match('exit (%d+)\n$')), text
end

local function with_switch(code) return shell(("luajit -l hilo.torch -e '%s'"):format(code)) end

describe('Scripts of Torch7', function()
   -- each ends with an error where it has not learnt
   for _, name in ipairs {'linear_regression', 'digits', 'dcgan', 'autoencoder', 'char_rnn', 'resnet'} do
      it('run: ' .. name, function()
         local status, text = shell(('luajit -l hilo.torch spec/torch7/scripts/%s.lua'):format(name))
         assert.equal(0, status, text)
      end)
   end

   it('save and load what they made', function()
      local folder = tiny.folder()
      for _, mode in ipairs {'binary', 'ascii'} do
         local status, text = with_switch(([[
            local net = nn.Sequential():add(nn.Linear(3, 2)):add(nn.Tanh())
            local x = torch.randn(4, 3)
            torch.save("%s/x.t7", {net = net, x = x}, "%s")
            local read = torch.load("%s/x.t7", "%s")
            assert((read.net:forward(read.x) - net:forward(x)):abs():max() < 1e-12)
            assert(torch.deserialize(torch.serialize({1, x}, "%s"), "%s")[2]:dist(x) == 0)]]):format(
            folder, mode, folder, mode, mode, mode))
         assert.equal(0, status, text)
      end
      local status, text = with_switch('torch.save("x.t7", 1, "text")')
      assert.equal(1, status)
      assert.matches("torch.save: the format must be 'binary', 'ascii', 'b32' or 'b64', got 'text'", text, 1, true)
      tiny.remove(folder)
   end)

   -- the contractive penalty of public autoencoders gives pictures, where the module that went forward had a batch of rows
   it('call the backward of nn.Linear with pictures and are told once that nothing is computed, as in Torch7', function()
      local status, text = with_switch [[
         local net = nn.Sequential():add(nn.View(-1, 6)):add(nn.Linear(6, 2))
         local linear, x = net:get(2), torch.randn(5, 2, 3)
         net:forward(x)
         net:backward(x, torch.ones(5, 2))
         local learnt = linear.gradWeight:clone()
         assert(learnt:norm() > 0)
         for _ = 1, 2 do
            local dx = linear:backward(x, torch.ones(5, 6))
            assert(dx:isSameSizeAs(x) and dx:norm() == 0 and dx == linear.gradInput)
         end
         assert(linear:updateGradInput(x, torch.ones(5, 6)):norm() == 0)
         linear:accGradParameters(x, torch.ones(5, 6))
         assert(linear.gradWeight:dist(learnt) == 0)
         assert(not pcall(linear.forward, linear, x) and not pcall(nn.Tanh().backward, nn.Tanh(), x, torch.ones(5, 7)))]]
      assert.equal(0, status, text)
      assert.equal('nn.Linear: backward expects a vector or a batch (N,nIn), got 5x2x3: as in Torch7 nothing is computed; '
         .. 'give it input:view(-1, 6)\nexit 0\n', text)
   end)

   it('cost nothing without the switch', function()
      local status, text = shell([[luajit -e 'require "hilo"; require "hilo.nn"; require "hilo.optim"
         for name in pairs(package.loaded) do assert(not name:find "^hilo%.torch", name) end
         assert(torch == nil and nn == nil)']])
      assert.equal(0, status, text)
   end)
end)
