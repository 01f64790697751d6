--- plot/bars.lua: a bar a label, or a group of bars; upright or lying, with whiskers and numbers.
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local Figure = require 'hilo.plot.figure'
local output = require 'hilo.plot.output'
local style = require 'hilo.plot.style'
local text = require 'hilo.plot.text'
local values = require 'hilo.plot.values'

local bars = {}

-- values as series: {{name =, values =, errors =}, ...}
local function groups(labels, given, errors)
   local all = {}
   if values.is_list(given) then
      all[1] = {values = given, errors = errors}
   else
      core.check(type(given) == 'table' and not errors,
         "bar: values are to be a list of numbers or series such as {'name', values, errors}")
      for i, g in ipairs(given) do
         core.check(type(g) == 'table' and type(g[1]) == 'string', "bar: series %d is to be {'name', values, errors}", i)
         all[i] = {name = g[1], values = g[2], errors = g[3]}
      end
   end
   for i, g in ipairs(all) do
      local what = ('bar: series %s'):format(g.name and ("'%s'"):format(g.name) or tostring(i))
      g.values = values.list(g.values, what)
      g.errors = g.errors and values.list(g.errors, what .. ': errors') or {}
      core.check(#g.values == #labels, '%s: %d values for %d labels', what, #g.values, #labels)
      core.check(#g.errors == 0 or #g.errors == #labels, '%s: %d errors for %d labels', what, #g.errors, #labels)
   end
   return all
end

local function checked_labels(labels)
   core.check(type(labels) == 'table' and not Tensor.is_tensor(labels), 'bar: labels are to be a list, got a %s', type(labels))
   local out = {}
   for i = 1, #labels do out[i] = tostring(labels[i]) end
   return out
end

local function extremes(all, log)
   local ends = {}
   for _, g in ipairs(all) do
      for i, v in ipairs(g.values) do
         local e = g.errors[i] or 0
         if e ~= e then e = 0 end
         for _, x in ipairs {v, v - e, v + e} do if not log or x > 0 then ends[#ends + 1] = x end end
      end
   end
   if not log and #ends > 0 then ends[#ends + 1] = 0 end
   return values.range {ends}
end

-- The number of a bar beside its end.
local function write(figure, v, at, tip, lying)
   local low, high = unpack(figure.span)
   tip = math.max(low, math.min(high, tip))
   local side = v < 0 and -1 or 1
   local place = lying and ('%.17g,%.17g %s offset %g,0'):format(tip, at, side < 0 and 'right' or 'left', 0.6 * side)
      or ('%.17g,%.17g center offset 0,%g'):format(at, tip, 0.5 * side)
   figure:set('set label %s at %s front%s', text.quoted(figure.options.values:format(v)), place,
      figure.medium ~= 'text' and " font ',9'" or '')
end

-- Boxes, whiskers and numbers of one series; g.at is its place in the group, width that of a bar.
local function draw(figure, g, number, width, base, lying)
   local rows, whiskers = {}, {}
   for i, v in ipairs(g.values) do
      if v == v and not (g.log and v <= 0) then
         local at = i + g.at
         local low, high = at - width / 2, at + width / 2
         local from, to = math.min(base, v), math.max(base, v)
         rows[#rows + 1] = lying and {v, at, from, to, low, high} or {at, v, low, high, from, to}
         local e = g.errors[i] == g.errors[i] and g.errors[i] or nil
         if e then
            local start = g.log and math.max(base, v - e) or v - e
            whiskers[#whiskers + 1] = lying and {start, at, v + e - start, 0} or {at, start, 0, v + e - start}
         end
         if figure.options.values then write(figure, v, at, v < 0 and v - (e or 0) or v + (e or 0), lying) end
      end
   end
   local look = ("lt %d lc rgb '%s' lw 0.8"):format(number, style.colour(number))
   if #rows == 0 then
      if g.name then figure:draw('keyentry with boxes fs transparent solid 0.75 border ' .. look, {legend = g.name}) end
      return
   end
   figure:draw(('%s using 1:2:3:4:5:6 with boxxyerror %s fs transparent solid 0.75 border'):format(figure:data(rows), look),
      {legend = g.name})
   if #whiskers > 0 then
      figure:draw(("%s using 1:2:3:4 with vectors nohead lt 1 lc rgb 'black' lw 1.2"):format(figure:data(whiskers)))
   end
end

-- The options with x and y exchanged, for labels that only fit beside bars.
local function lay(options)
   local out = {}
   for key, value in pairs(options) do
      out[key:find('^x[lr]') and 'y' .. key:sub(2) or key:find('^y[lr]') and 'x' .. key:sub(2) or key] = value
   end
   out.horizontal = true
   return out
end

--- Bars; see hilo.plot.bar.
function bars.bar(labels, given, errors, options)
   if not options and type(errors) == 'table' and not values.is_list(errors) then errors, options = nil, errors end
   options = options or {}
   labels = checked_labels(labels)
   local all = groups(labels, given, errors)
   local figure = Figure.new('bar', options, {horizontal = 'boolean', values = 'string'})
   if figure.medium == 'text' and not options.horizontal and figure:crowded(labels) then
      figure.options, options = lay(options), lay(options)
   end
   core.check(not options.values or pcall(string.format, options.values, 0.5), "bar: values = '%s' is no format of a number",
      options.values or '')
   local lying = options.horizontal
   local names = {}
   for _, g in ipairs(all) do names[#names + 1] = g.name end
   if lying then
      local rows = #labels * math.max(1, 0.6 * #all)
      figure.height, figure.rows = 70 + 20 * rows, math.max(8, #labels * #all + 4)
   end
   if not lying and figure:crowded(labels) then figure.height = 330 + 4 * Figure.longest(labels) end
   figure:legend(names)
   local log = options[lying and 'xlog' or 'ylog']
   local low, high = extremes(all, log)
   figure.span = {figure:axis(lying and 'x' or 'y', {low = low, high = high, log = log, pad = options.values and 0.1 or 0.03,
      from_zero = true})}
   if lying and options.values and figure.medium ~= 'text' and #names == 0 then figure:set('set rmargin 6') end
   figure:axis(lying and 'y' or 'x', {labels = labels, flip = lying, grid = false})
   if lying then figure:set('set ytics scale 0') else figure:set('set xtics scale 0') end
   local base = log and figure.span[1] or 0
   local bar_width = 0.78 / math.max(1, #all)
   local drawn = 0
   for i, g in ipairs(all) do
      g.at, g.log = (i - (#all + 1) / 2) * bar_width, log
      draw(figure, g, i, bar_width * 0.94, base, lying)
   end
   for _, g in ipairs(all) do for _, v in ipairs(g.values) do if v == v then drawn = drawn + 1 end end end
   if drawn == 0 then figure:empty('no values') end
   figure.name = options[lying and 'xlabel' or 'ylabel'] or 'Bars'
   figure:say('%d bars%s.', #labels, #names > 0 and ' for ' .. table.concat(names, ', ') or '')
   if #all == 1 and #labels <= 30 then
      for i, v in ipairs(all[1].values) do if v == v then figure:say('%s: %.4g.', labels[i], v) end end
   end
   return output.render(figure)
end

return bars
