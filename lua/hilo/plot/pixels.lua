--- plot/pixels.lua: a large matrix for gnuplot, which reads numbers as text slowly: two bytes a number, behind the plot command.
---
--- All bytes are 128 or more. Were they read as commands, after an error in the plot command, they would be none.
local pixels = {}

local most = 128 * 128 - 1 -- levels; level 0 stands for NaN

--- The matrix as bytes, row by row.
---@param rows number[][]
---@param low number
---@param high number
---@param log boolean? levels of equal ratios
---@return string bytes
---@return string expression of gnuplot that gives the numbers back
function pixels.encode(rows, low, high, log)
   local from, to = low, high
   if log then from, to = math.log(low), math.log(high) end
   local out = {}
   for i, row in ipairs(rows) do
      local bytes = {}
      for j, v in ipairs(row) do
         local level = 0
         if v == v then
            local share = ((log and math.log(v) or v) - from) / (to - from)
            level = 1 + math.floor(math.max(0, math.min(1, share)) * (most - 1) + 0.5)
         end
         bytes[j] = string.char(128 + math.floor(level / 128), 128 + level % 128)
      end
      out[i] = table.concat(bytes)
   end
   local share = ('(($1-128)*128+$2-129)/%d.'):format(most - 1)
   local value = log and ('exp(%.17g+%s*%.17g)'):format(from, share, to - from) or ('%.17g+%s*%.17g'):format(from, share, to - from)
   return table.concat(out), ('($1==128&&$2==128?NaN:%s)'):format(value)
end

return pixels
