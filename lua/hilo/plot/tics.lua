--- plot/tics.lua: where an axis has its numbers, and how they are written.
local tics = {}

local function nice(span, count)
   local raw = span / count
   local power = 10 ^ math.floor(math.log10(raw))
   local f = raw / power * (1 - 1e-9)
   return (f <= 1 and 1 or f <= 2 and 2 or f <= 5 and 5 or 10) * power
end

--- Step and format of a linear axis.
---@param low number
---@param high number
---@param count integer steps wanted, about
---@param whole? boolean steps of at least 1
---@return number step, string format of gnuplot and string.format alike
function tics.linear(low, high, count, whole)
   local step = math.max(whole and 1 or 0, nice(high - low, count))
   local biggest = math.max(math.abs(low), math.abs(high))
   if biggest >= 1e7 or step < 1e-4 then return step, ('%%.%dg'):format(math.max(1, math.ceil(math.log10(biggest / step)) + 1)) end
   return step, ('%%.%df'):format(math.max(0, -math.floor(math.log10(step) + 1e-9)))
end

local raised = {['-'] = '⁻', ['0'] = '⁰', ['1'] = '¹', ['2'] = '²', ['3'] = '³', ['4'] = '⁴', ['5'] = '⁵', ['6'] = '⁶', ['7'] = '⁷',
   ['8'] = '⁸', ['9'] = '⁹'}

local function power_text(k) return '10' .. tostring(k):gsub('.', raised) end

--- Places of a logarithmic axis with their labels; one without a label is a small mark.
---@param low number above 0
---@param high number
---@param count integer labels wanted, about
---@return {[1]: number, [2]: string}[]
function tics.log(low, high, count)
   local out = {}
   local first, last = math.log10(low), math.log10(high)
   if last - first < 1 then -- within a decade the steps are even
      local step = nice(high - low, count)
      for k = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) do out[#out + 1] = {k * step, ('%g'):format(k * step)} end
      return out
   end
   local stride = math.max(1, math.ceil((last - first) / count))
   local labelled = 3 * (last - first) <= count and {[1] = true, [2] = true, [5] = true} or {[1] = true}
   local raise = first < -4.1 or last > 4.1
   for k = math.floor(first), math.ceil(last) do
      local base = 10 ^ k
      for digit = 1, stride == 1 and 9 or 1 do
         local at = digit * base
         if at >= low * (1 - 1e-9) and at <= high * (1 + 1e-9) and (k % stride == 0 or digit > 1) then
            local label = ''
            if labelled[digit] then label = raise and (digit == 1 and '' or digit .. '·') .. power_text(k) or ('%g'):format(at) end
            out[#out + 1] = {at, label}
         end
      end
   end
   return out
end

return tics
