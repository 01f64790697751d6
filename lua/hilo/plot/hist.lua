--- plot/hist.lua: how often values occur.
local core = require 'hilo.core'
local Figure = require 'hilo.plot.figure'
local output = require 'hilo.plot.output'
local span = require 'hilo.plot.span'
local style = require 'hilo.plot.style'
local values = require 'hilo.plot.values'

local hist = {}

-- As many bins as the square root of the count, 5 to 60.
local function bin_count(n, wish)
   core.check(not wish or wish >= 1 and wish % 1 == 0 and wish <= 10000, 'hist: bins is to be a whole number of 1 to 10000')
   return wish or math.max(5, math.min(60, math.ceil(math.sqrt(n))))
end

-- Counts in n bins of equal width from low to high; values outside are in none.
local function count(list, low, high, n)
   local counts, most = {}, 0
   for _, v in ipairs(list) do
      if v >= low and v <= high then
         local bin = math.min(n, math.floor((v - low) / (high - low) * n) + 1)
         counts[bin] = (counts[bin] or 0) + 1
         most = math.max(most, counts[bin])
      end
   end
   return counts, most
end

--- Counts of values; see hilo.plot.hist. With a logarithmic axis the bins have equal ratios.
function hist.hist(x, options)
   options = options or {}
   local figure = Figure.new('hist', options, {bins = 'number'})
   local list, log = values.list(x, 'hist'), options.xlog
   local function scaled(v) return log and math.log10(v) or v end
   local function place(v) return log and 10 ^ math.max(-300, math.min(300, v)) or v end
   local kept = {}
   for _, v in ipairs(list) do if v == v and not (log and v <= 0) then kept[#kept + 1] = scaled(v) end end
   local low, high = values.range {kept}
   figure:set('set key off')
   figure:axis('x', {low = low and place(low), high = low and place(high), log = log})
   local rows, top, base = {}, 1, options.ylog and 0.5 or 0
   if low then
      local wish = options.xrange or {}
      low, high = span.open(wish[1] and scaled(wish[1]) or low, wish[2] and scaled(wish[2]) or high)
      local n = bin_count(#kept, options.bins)
      local counts, most = count(kept, low, high, n)
      top = math.max(1, most)
      for bin = 1, n do
         if counts[bin] then
            local left, right = place(low + (bin - 1) * (high - low) / n), place(low + bin * (high - low) / n)
            rows[#rows + 1] = {left, counts[bin], left, right, base, counts[bin]}
         end
      end
   end
   figure:axis('y', {low = base, high = top, log = options.ylog, pad = 0.04, from_zero = true, whole = true})
   if #rows == 0 then
      figure:empty('no values')
   else
      figure:draw(("%s using 1:2:3:4:5:6 with boxxyerror lt 1 lc rgb '%s' lw 0.8 fs transparent solid 0.6 border")
         :format(figure:data(rows), style.colour(1)))
   end
   local left_out = #list - #kept
   if left_out > 0 then figure:note('%d value%s left out', left_out, left_out == 1 and '' or 's') end
   figure.name = options.xlabel and 'Histogram of ' .. options.xlabel or 'Histogram'
   figure:say('Histogram of %d values%s.', #kept, #kept > 0 and (' from %g to %g'):format(place(low), place(high)) or '')
   return output.render(figure)
end

return hist
