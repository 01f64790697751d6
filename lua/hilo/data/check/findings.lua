--- data/check/findings.lua: what was found in a set, in the order of its weight.
local utf8 = require 'hilo.io.utf8'

---@class Finding
---@field kind string what scripts tell it by
---@field level 'error'|'warning'|'note'
---@field title string what is wrong
---@field mend string what to do
---@field count integer cases
---@field files string[] the first of them, with what is wrong with each
---@field pairs string[][]? paths of two pictures each, of some cases, where these are pairs

---@class Findings
---@field list Finding[] heaviest first
local Findings = {}
Findings.__index = Findings

---@return Findings
function Findings.new() return setmetatable({list = {}, by = {}}, Findings) end

local shown = 20 -- cases that are kept

--- Notes one case.
---@param kind string
---@param level 'error'|'warning'|'note'
---@param title string
---@param mend string
---@param case? string
---@return Finding
function Findings:add(kind, level, title, mend, case)
   local f = self.by[kind]
   if not f then
      f = {kind = kind, level = level, title = title, mend = mend, count = 0, files = {}}
      self.by[kind], self.list[#self.list + 1] = f, f
   end
   f.count = f.count + 1
   if case and #f.files < shown then f.files[#f.files + 1] = utf8.visible(case) end
   return f
end

--- Takes over what another look found, but for kinds that are known here.
---@param list Finding[]
---@param known? table<string, boolean>
function Findings:join(list, known)
   for _, f in ipairs(list) do
      if not self.by[f.kind] and not (known or {})[f.kind] then self.list[#self.list + 1], self.by[f.kind] = f, f end
   end
end

--- Whether there is a case of a kind.
---@param kind string
function Findings:has(kind) return self.by[kind] ~= nil end

local weight = {error = 1, warning = 2, note = 3}

--- All, errors first.
---@return Finding[]
function Findings:sorted()
   local list = {}
   for i, f in ipairs(self.list) do list[i] = {f, i} end
   table.sort(list, function(a, b)
      local x, y = weight[a[1].level], weight[b[1].level]
      if x ~= y then return x < y end
      return a[2] < b[2]
   end)
   for i, pair in ipairs(list) do list[i] = pair[1] end
   return list
end

--- Number of findings of a level.
function Findings:count(level)
   local n = 0
   for _, f in ipairs(self.list) do if f.level == level then n = n + 1 end end
   return n
end

return Findings
