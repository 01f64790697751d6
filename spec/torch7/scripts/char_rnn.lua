-- char_rnn.lua: an LSTM as a graph learns the next letter of a text; luajit -l hilo.torch char_rnn.lua
-- luacheck: globals torch nn optim xlua
require 'torch'
require 'nn'
require 'nngraph'
require 'optim'

torch.manualSeed(4)
local text = ('hello torch '):rep(20)
local vocab, letters = {}, {}
for c in text:gmatch('.') do
   if not vocab[c] then
      letters[#letters + 1] = c
      vocab[c] = #letters
   end
end
local opt = {vocab = #letters, rnn_size = 24, seq_length = 12, batch = 4, learning_rate = 1e-2, decay = 0.95, grad_clip = 5}

local function lstm()
   local x, prev_c, prev_h = nn.Identity()(), nn.Identity()(), nn.Identity()()
   local i2h = nn.Linear(opt.vocab, 4 * opt.rnn_size)(nn.OneHot(opt.vocab)(x)):annotate{name = 'i2h'}
   local h2h = nn.Linear(opt.rnn_size, 4 * opt.rnn_size)(prev_h):annotate{name = 'h2h'}
   local sums = nn.CAddTable()({i2h, h2h})
   local n1, n2, n3, n4 = nn.SplitTable(2)(nn.Reshape(4, opt.rnn_size)(sums)):split(4)
   local in_gate, forget_gate, out_gate = nn.Sigmoid()(n1), nn.Sigmoid()(n2), nn.Sigmoid()(n3)
   local next_c = nn.CAddTable()({nn.CMulTable()({forget_gate, prev_c}), nn.CMulTable()({in_gate, nn.Tanh()(n4)})})
   local next_h = nn.CMulTable()({out_gate, nn.Tanh()(next_c)})
   local logsoft = nn.LogSoftMax()(nn.Linear(opt.rnn_size, opt.vocab)(next_h))
   return nn.gModule({x, prev_c, prev_h}, {next_c, next_h, logsoft})
end

local rnn = lstm()
local params, grad_params = rnn:getParameters()
params:uniform(-0.08, 0.08)
for _, node in ipairs(rnn.forwardnodes) do
   if node.data.annotations.name == 'i2h' then
      node.data.module.bias[{{opt.rnn_size + 1, 2 * opt.rnn_size}}]:fill(1) -- forget gates begin open
   end
end

-- one clone for each step, all with the parameters of the first
local clones, criterions = {}, {}
for t = 1, opt.seq_length do
   clones[t] = rnn:clone('weight', 'bias', 'gradWeight', 'gradBias')
   criterions[t] = nn.ClassNLLCriterion()
end

local function batch_at(offset)
   local x = torch.LongTensor(opt.seq_length + 1, opt.batch)
   for b = 1, opt.batch do
      for t = 1, opt.seq_length + 1 do
         local at = (offset + 5 * b + t) % #text + 1
         x[t][b] = vocab[text:sub(at, at)]
      end
   end
   return x
end

local offset = 0
local function feval(p)
   if p ~= params then params:copy(p) end
   grad_params:zero()
   local x = batch_at(offset)
   offset = offset + 7
   local c, h = {[0] = torch.zeros(opt.batch, opt.rnn_size)}, {[0] = torch.zeros(opt.batch, opt.rnn_size)}
   local predictions, loss = {}, 0
   for t = 1, opt.seq_length do
      clones[t]:training()
      c[t], h[t], predictions[t] = unpack(clones[t]:forward{x[t], c[t - 1], h[t - 1]})
      loss = loss + criterions[t]:forward(predictions[t], x[t + 1])
   end
   local dc, dh = torch.zeros(opt.batch, opt.rnn_size), torch.zeros(opt.batch, opt.rnn_size)
   for t = opt.seq_length, 1, -1 do
      local doutput = criterions[t]:backward(predictions[t], x[t + 1])
      local _
      _, dc, dh = unpack(clones[t]:backward({x[t], c[t - 1], h[t - 1]}, {dc, dh, doutput}))
   end
   grad_params:clamp(-opt.grad_clip, opt.grad_clip)
   return loss / opt.seq_length, grad_params
end

local state, first, last = {learningRate = opt.learning_rate, alpha = opt.decay}, nil, nil
for _ = 1, 60 do
   local _, loss = optim.rmsprop(feval, params, state)
   first, last = first or loss[1], loss[1]
end
print(string.format('loss %.3f at first, %.3f at last', first, last))
assert(first > 1.5 and last < 0.7)
