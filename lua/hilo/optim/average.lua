--- optim/average.lua: averaged networks (mean teachers) and the norm of gradients.
local ffi = require 'ffi'
local core = require 'hilo.core'
local autograd = require 'hilo.autograd'
local Tensor = require 'hilo.tensor'
local lists = require 'hilo.optim.lists'

local check = core.check
local M = {}

local function named_tensors(net, what)
   check(type(net) == 'table' and not core.is_tensor(net), 'ema: the %s must be a module or a table of tensors, got %s', what,
      core.is_tensor(net) and 'a tensor' or type(net))
   return net.stateDict and net:stateDict() or net
end

local function compare(teacher, student)
   for name, t in pairs(teacher) do
      local s = student[name]
      check(core.is_tensor(t) and core.is_tensor(s), "ema: '%s' is in the teacher but not in the student", tostring(name))
      check(t:isSameSizeAs(s) and t._storage.dtype == s._storage.dtype, "ema: '%s' is %s %s in the teacher, %s %s in the student",
         tostring(name), Tensor.shape_text(t), t:dtype(), Tensor.shape_text(s), s:dtype())
      check(t:isContiguous() and s:isContiguous(), "ema: '%s' is not contiguous", tostring(name))
   end
   for name in pairs(student) do check(teacher[name], "ema: '%s' is in the student but not in the teacher", tostring(name)) end
end

--- teacher = a * teacher + (1 - a) * student, for parameters and running statistics; counters are copied.
---
---     local student = nn.Linear(2, 3)
---     local teacher = student:clone()
---     optim.ema(teacher, student, 0.99)
---@param teacher nn.Module|table<any, Tensor> changed in place
---@param student nn.Module|table<any, Tensor> with the same names and sizes
---@param a number|Tensor 0..1; the mean teacher takes ema_rate(step). A tensor, for steps that are recorded: (1) double, on the
--- device of the networks
function M.ema(teacher, student, a)
   local now
   if core.is_tensor(a) then
      check(a:nElement() == 1 and a:dtype() == 'float64', 'ema: a as a tensor must be one double, got %s %s', Tensor.shape_text(a),
         a:dtype())
      now = a
   else
      check(type(a) == 'number' and a >= 0 and a <= 1, 'ema: a must be between 0 and 1, got %s', tostring(a))
   end
   local to, from = named_tensors(teacher, 'teacher'), named_tensors(student, 'student')
   compare(to, from)
   local rows = {}
   for name, t in pairs(to) do
      if t._storage.dtype.is_float and t:nElement() > 0 then
         rows[#rows + 1] = {t = t, s = from[name]}
      elseif t:nElement() > 0 then
         autograd.no_grad(function() t:copy(from[name]) end)
      end
   end
   for _, part in ipairs(lists.split(rows, function(row) return lists.place(row.t) end)) do
      local device = part[1].t._storage.device
      check(not now or now._storage.device == device, 'ema: a is on %s and the teacher on %s', now and now:getDevice(), device.name)
      core.call(device.lib, 'hl_ema', #part, lists.column(part, 't'), lists.column(part, 's'), now and 0 or a,
         now and ffi.cast('const double *', core.raw(now).data) or nil)
      for _, row in ipairs(part) do row.t:bump() end
   end
end

--- Scales the gradients so that their Euclidean norm, taken together, is at most `max`. Where it is not finite they are left
--- alone, and the caller sees it in what is returned.
---
---     local net = nn.Linear(2, 3)
---     hilo.sum(net(hilo.randn(4, 2))):backward()
---     local norm = optim.clip_grad_norm(net, 1)
---@param params nn.Module|Tensor[] those with requires_grad = false or without a gradient do not count
---@param max number
---@return number norm before scaling
function M.clip_grad_norm(params, max)
   check(type(max) == 'number' and max > 0, 'clip_grad_norm: the largest norm must be above 0, got %s', tostring(max))
   local rows = {}
   for _, p in ipairs(lists.unique(lists.parameters('clip_grad_norm', params))) do
      local g = lists.gradient('clip_grad_norm', p)
      check(not g or g == p.grad, 'clip_grad_norm: the gradient of a parameter (%s) is not contiguous', Tensor.shape_text(p))
      if g then rows[#rows + 1] = {g = g} end
   end
   local parts, squares = lists.split(rows, function(row) return lists.place(row.g) end), 0
   for _, part in ipairs(parts) do
      local norm = part[1].g:emptyAs('double', 1)
      core.call(norm._storage.device.lib, 'hl_global_norm', core.raw(norm), #part, lists.column(part, 'g'))
      squares = squares + norm:item() ^ 2
   end
   local norm = math.sqrt(squares)
   if norm > max and norm < math.huge then
      for _, part in ipairs(parts) do
         core.call(part[1].g._storage.device.lib, 'hl_scale_list', #part, lists.column(part, 'g'), max / norm)
         for _, row in ipairs(part) do row.g:bump() end
      end
   end
   return norm
end

return M
