--- report/numbers.lua: numbers, options and durations as text.
local numbers = {}

local minus = '\226\136\146' -- U+2212

local function tidy(text) return (text:gsub('^%-', minus)) end

--- A number with four significant digits, without zeros at its end.
---@param x number
---@return string
function numbers.short(x)
   if x ~= x then return 'NaN' end
   if math.abs(x) == math.huge then return x > 0 and '\226\136\158' or minus .. '\226\136\158' end
   if x % 1 == 0 and math.abs(x) < 1e6 then return tidy(('%d'):format(x)) end
   return tidy((('%.4g'):format(x):gsub('e%+?(%-?)0*(%d)', 'e%1%2')))
end

--- A format that gives all numbers of a column as many decimals, so that the one in the middle shows four digits or more.
---@param values number[]
---@param digits? integer 4
---@return fun(x: number?): string
function numbers.column(values, digits)
   local sizes, whole = {}, true
   for _, x in ipairs(values) do
      if x == x and math.abs(x) ~= math.huge then
         whole = whole and x % 1 == 0
         if x ~= 0 then sizes[#sizes + 1] = math.abs(x) end
      end
   end
   table.sort(sizes)
   local decimals = 0
   if not whole then decimals = math.max(0, (digits or 4) - 1 - math.floor(math.log10(sizes[math.ceil(#sizes / 2)]))) end
   return function(x)
      if x == nil then return '' end
      if decimals > 6 or x ~= x or math.abs(x) >= 1e7 then return numbers.short(x) end
      return tidy(('%.' .. decimals .. 'f'):format(x))
   end
end

-- What a program reads back as the same number, as short as it can be.
local function exact(x)
   for _, format in ipairs {'%.6g', '%.14g', '%.17g'} do
      local text = format:format(x)
      if tonumber(text) == x then return (text:gsub('e%+?(%-?)0*(%d)', 'e%1%2')) end
   end
   return tostring(x)
end

--- An option's value as it is written on the command line.
---@param value any
---@return string
function numbers.option(value)
   if type(value) == 'number' then return value % 1 == 0 and math.abs(value) < 1e6 and ('%d'):format(value) or exact(value) end
   if type(value) ~= 'table' then return tostring(value) end
   local parts = {}
   for i, item in ipairs(value) do parts[i] = numbers.option(item) end
   return table.concat(parts, ',')
end

--- The same, a number with four digits.
---@param value any
---@return string
function numbers.brief(value)
   return type(value) == 'number' and numbers.short(value):gsub(minus, '-') or numbers.option(value)
end

--- Seconds as '0.43 s', '5.1 s', '12 s', '3 min 05 s', '2 h 07 min'.
---@param seconds number
---@return string
function numbers.duration(seconds)
   if seconds < 1 then return ('%.2g s'):format(seconds) end
   if seconds < 10 then return ('%.1f s'):format(seconds) end
   local s = math.floor(seconds + 0.5)
   if s < 60 then return ('%d s'):format(s) end
   if s < 3600 then return ('%d min %02d s'):format(math.floor(s / 60), s % 60) end
   return ('%d h %02d min'):format(math.floor(s / 3600), math.floor(s % 3600 / 60))
end

--- Bytes as '512 B', '3.2 MB', '1.5 GB'.
---@param bytes number
---@return string
function numbers.bytes(bytes)
   for _, unit in ipairs {{1e9, 'GB'}, {1e6, 'MB'}, {1e3, 'kB'}} do
      if bytes >= unit[1] then return ('%.3g %s'):format(bytes / unit[1], unit[2]) end
   end
   return ('%d B'):format(bytes)
end

--- 'mean_iou' as 'mean IoU': a measure's name as it is read.
---@param name string
---@return string
function numbers.measure(name)
   return (name:gsub('_', ' '):gsub('%f[%a]iou%f[%A]', 'IoU'):gsub('%f[%w]f1%f[%W]', 'F1'))
end

--- '1 run', '2 runs'.
---@param count integer
---@param word string
---@return string
function numbers.count(count, word) return ('%d %s%s'):format(count, word, count == 1 and '' or 's') end

return numbers
