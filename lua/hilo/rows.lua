--- rows.lua: scores and targets by the name of a picture as lists.
local core = require 'hilo.core'

--- Tables by image name -> lists in the order of the names; an error where one has none.
---
---     local rows = hilo.train.evaluate.rows({a = {1, 0}, b = {0, 1}}, {'b', 'a'})
---     assert(rows[1][2] == 1)
---@param by_name table<string, table>
---@param names string[]
---@return table[]
return function(by_name, names)
   local rows = {}
   for i, name in ipairs(names) do rows[i] = core.check(by_name[name], "there are no scores or targets of '%s'", name) end
   return rows
end
