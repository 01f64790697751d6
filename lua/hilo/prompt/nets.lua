--- prompt/nets.lua: networks as trees: what is in what, and how many parameters it has.
local columns = require 'hilo.prompt.columns'
local core = require 'hilo.core'

local nets = {}

--- Whether x is a module of nn.
function nets.is_module(x)
   return type(x) == 'table' and type(x.updateOutput) == 'function' and type(x.parameters) == 'function'
      and rawget(x, '__typename') == nil
end

--- Number of parameters, those that are shared once.
---@param m Module
---@return integer all
---@return integer trained those that want gradients
function nets.parameters(m)
   local seen, all, trained = {}, 0, 0
   for _, p in ipairs((m:parameters()) or {}) do
      local key = ('%d:%d'):format(p._storage.serial, p._offset)
      if not seen[key] then
         seen[key] = true
         all = all + p:nElement()
         if p.requires_grad ~= false then trained = trained + p:nElement() end
      end
   end
   return all, trained
end

--- A count as it is read: 9,408 or 11.2 M.
---@param n number
---@return string
function nets.count_text(n)
   for _, unit in ipairs {{1e12, 'T'}, {1e9, 'G'}, {1e6, 'M'}} do
      if n >= unit[1] then return ('%.4g %s'):format(n / unit[1], unit[2]) end
   end
   local text = ('%.0f'):format(n):reverse():gsub('(%d%d%d)', '%1,'):reverse()
   return (text:gsub('^,', ''))
end

local function title(m) return (tostring(m):match('^[^\n]*'):gsub('%s*{$', '')) end

---@class NetRow
---@field text string the branch of the tree and the module
---@field module Module
---@field depth integer

--- The modules from the outermost on, as they lie in each other.
---@param net Module
---@return NetRow[]
function nets.rows(net)
   local rows = {}
   local function add(m, name, own, below, depth)
      rows[#rows + 1] = {text = own .. (name and name .. ': ' or '') .. title(m), module = m, depth = depth}
      local children = m.modules or {}
      for i, child in ipairs(children) do
         local last = i == #children
         add(child, m.names and m.names[i] or ('%d'):format(i), below .. (last and '└ ' or '├ '), below .. (last and '  ' or '│ '),
            depth + 1)
      end
   end
   add(net, nil, '', '', 0)
   return rows
end

--- The tree with the parameters of each module.
---@param net Module
---@param paint fun(style: string, text: string): string
---@param width? integer of a line
---@return string
function nets.tree(net, paint, width)
   local lines = {}
   for i, row in ipairs(nets.rows(net)) do
      local n = nets.parameters(row.module)
      lines[i] = {row.text, n > 0 and nets.count_text(n) or ''}
   end
   lines = columns(lines, width)
   local all, trained = nets.parameters(net)
   local first = (net:parameters() or {})[1]
   lines[#lines + 1] = paint('dim', ('%s parameters%s%s'):format(nets.count_text(all),
      trained < all and (', %s of them trained'):format(nets.count_text(trained)) or '',
      first and core.is_tensor(first) and (', %s on %s'):format(first:dtype(), first:getDevice()) or ''))
   return table.concat(lines, '\n')
end

return nets
