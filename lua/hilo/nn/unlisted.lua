--- nn/unlisted.lua: what a network holds in a field alone, where neither its parameters nor its state reach it.
local core = require 'hilo.core'
local class = require 'hilo.nn.class'

local own = {modules = true, output = true, gradInput = true}

-- The first of a module's fields that holds what is not listed, by itself or in a table.
local function field_of(m, is_unlisted)
   for key, value in pairs(m) do
      if type(key) == 'string' and type(value) == 'table' and not own[key] and key:sub(1, 1) ~= '_' then
         if is_unlisted(value) then return key, value end
         for _, inner in pairs(getmetatable(value) and {} or value) do
            if is_unlisted(inner) then return key, inner end
         end
      end
   end
end

local function place(t) return ('%d:%d'):format(t._storage.serial, t._offset) end

--- What is wrong with a network, if one of its modules keeps parameters in a field alone: a tensor that wants a gradient, or a module
--- that has a state. What shares memory with a parameter of the network, as the clones of nn.MapTable do, is listed by that.
---@param net Module
---@return string?
return function(net)
   local modules, listed = net:listModules(), {}
   for _, m in ipairs(modules) do listed[m] = true end
   for _, list in ipairs {(net:parameters()) or {}, net:stateDict()} do
      for _, t in pairs(list) do listed[place(t)] = true end
   end
   local function is_unlisted(x)
      if core.is_tensor(x) then return x.requires_grad and not x._node and not listed[place(x)] end
      for _, t in pairs(not listed[x] and class.is_a(x, 'nn.Module') and x:stateDict() or {}) do
         if not listed[place(t)] then return true end
      end
      return false
   end
   for _, m in ipairs(modules) do
      local key, what = field_of(m, is_unlisted)
      if key then
         local name, mend = what.__typename, "derive from nn.Container and write self:add(module, '%s') for self.%s = module"
         if core.is_tensor(what) then name, mend = 'a tensor that wants a gradient', 'give it out by parameters()' end
         return ("%s holds %s in its field '%s' alone, so that it is neither trained nor saved; %s"):format(m.__typename, name, key,
            mend:format(key, key))
      end
   end
end
