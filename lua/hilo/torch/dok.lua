--- torch/dok.lua: Torch7's package dok, as far as programs call it: arguments by name, usage texts and errors.
local xlua = require 'hilo.torch.xlua'

---@class hilo.torch.dok
local dok = {}

--- Arguments in a row or by name in a table, see xlua.unpack.
dok.unpack = xlua.unpack

--- An error in the name of a function.
dok.error = xlua.error

--- What a function is called with, as a text.
---@param funcname string
---@param description string
---@param example? string
---@param ... {type: string, help: string?, req: boolean?, default: any}|string
---@return string
function dok.usage(funcname, description, example, ...)
   local lines = {funcname, '  ' .. description}
   if example then lines[#lines + 1] = '  ' .. tostring(example) end
   for i = 1, select('#', ...) do
      local argument = select(i, ...)
      if type(argument) == 'table' then
         local default = argument.default ~= nil and (' [default = %s]'):format(tostring(argument.default)) or ''
         lines[#lines + 1] = ('  %s : %s%s%s'):format(argument.type or '', argument.help or '', argument.req and ' (REQUIRED)' or '',
            default)
      else
         lines[#lines + 1] = '  ' .. tostring(argument)
      end
   end
   return table.concat(lines, '\n')
end

return dok
