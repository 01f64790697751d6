--- prompt/reload.lua: `%reload MODULE`: functions of a file that was changed take the place of those in memory; what they held stays.
local reload = {}

-- The local variables of the old file that its functions hold: name -> function and number there.
local function state_of(x, state, seen)
   if seen[x] then return state end
   seen[x] = true
   if type(x) == 'table' then
      for _, value in next, x do
         if type(value) == 'table' or type(value) == 'function' then state_of(value, state, seen) end
      end
      return state
   end
   for i = 1, math.huge do
      local name, value = debug.getupvalue(x, i)
      if not name then return state end
      if type(value) == 'function' then
         state_of(value, state, seen)
      else
         state[name] = state[name] or {x, i}
      end
   end
end

-- What the file keeps in local variables goes on: the new functions hold the old ones' variables, but for functions.
local function keep_state(f, state, seen)
   if seen[f] then return end
   seen[f] = true
   for i = 1, math.huge do
      local name, value = debug.getupvalue(f, i)
      if not name then return end
      if type(value) == 'function' then
         keep_state(value, state, seen)
      elseif state[name] then
         debug.upvaluejoin(f, i, state[name][1], state[name][2])
      end
   end
end

-- Puts what the new table holds into the old one; returns the number of functions.
local function merge(old, new, state, seen)
   if seen[new] then return 0 end
   seen[new] = true
   local n = 0
   for key, value in next, new do
      local previous = rawget(old, key)
      if type(value) == 'function' then
         keep_state(value, state, seen)
         rawset(old, key, value)
         n = n + 1
      elseif type(value) == 'table' and type(previous) == 'table' then
         if value ~= previous and key ~= '__index' then n = n + merge(previous, value, state, seen) end
      elseif previous == nil then
         rawset(old, key, value)
      end
   end
   return n
end

--- Reloads a module that is loaded.
---@param name string 'mine.losses'
---@return integer functions that were replaced
function reload.module(name)
   local old = package.loaded[name]
   if type(old) ~= 'table' then error(("%%reload: no module '%s' is loaded that gives a table"):format(name), 0) end
   package.loaded[name] = nil
   local ok, new = pcall(require, name)
   package.loaded[name] = old
   if not ok then error(new, 0) end
   if type(new) ~= 'table' then error(('%%reload: %s does not give a table any more'):format(name), 0) end
   -- what other modules gave is theirs
   local others = {}
   for _, module in pairs(package.loaded) do
      if module ~= old then others[module] = true end
   end
   return merge(old, new, state_of(old, {}, others), {})
end

-- Modules that were not loaded from hilo or from the system.
local function of_the_user()
   local list = {}
   for name, value in pairs(package.loaded) do
      local path = type(value) == 'table' and package.searchpath and package.searchpath(name, package.path)
      if path and not path:find('^/usr/') and not name:find('^hilo') and name ~= '_G' then list[#list + 1] = name end
   end
   table.sort(list)
   return list
end

--- `%reload [MODULE]`: that module, or all that are neither hilo's nor the system's.
function reload.reload(session, name)
   local names = name ~= '' and {name} or of_the_user()
   if #names == 0 then return session:say('no module of yours is loaded') end
   for _, module in ipairs(names) do
      local n = reload.module(module)
      session:say('%s: %d %s replaced', module, n, n == 1 and 'function' or 'functions')
   end
end

return reload
