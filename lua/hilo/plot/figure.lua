--- plot/figure.lua: what every picture shares: options, axes, legend, and the script that gnuplot reads.
local core = require 'hilo.core'
local sorted_keys = require 'hilo.keys'
local span = require 'hilo.plot.span'
local terminal = require 'hilo.prompt.show.terminal'
local text = require 'hilo.plot.text'
local tics = require 'hilo.plot.tics'

local shared = {title = 'string', desc = 'string', xlabel = 'string', ylabel = 'string', xlog = 'boolean', ylog = 'boolean',
   xrange = 'table', yrange = 'table', size = 'table', to = 'string', legend = 'any', density = 'number'}

---@class Figure
---@field beside integer? points of the width that something beside the picture takes
local Figure = {}
Figure.__index = Figure

local function check_options(what, options, own)
   for key, value in pairs(options) do
      local kind = shared[key] or own[key]
      if not kind then
         core.raise(("%s: unknown option '%s'; there are %s"):format(what, tostring(key), table.concat(sorted_keys(shared, own), ', ')))
      end
      core.check(kind == 'any' or type(value) == kind, '%s: %s is to be a %s, got a %s', what, key, kind, type(value))
   end
end

-- Whether the terminal shows pictures of fine pixels.
local function shows_pictures()
   local way = terminal.way()
   return way ~= 'blocks' and way ~= 'file'
end

local function medium(what, to, size)
   if to == 'terminal' and not size and shows_pictures() then return 'png' end
   if to == 'svg' or to:find('%.svg$') then return 'svg' end
   if to == 'png' or to:find('%.png$') then return 'png' end
   core.check(to == 'terminal' or to == 'text',
      "%s: to = '%s' is none of svg, png, terminal, text and no path that ends in .svg or .png", what, to)
   return 'text'
end

local legends = {right = true, below = true, inside = true, [false] = true}

--- A figure without anything in it.
---@param what string the function that draws, for errors
---@param options table
---@param own table<string, string> further options with their types
---@return Figure
function Figure.new(what, options, own)
   check_options(what, options, own)
   core.check(options.legend == nil or legends[options.legend], "%s: legend is to be 'right', 'below', 'inside' or false", what)
   local size = options.size
   local to = options.to or 'terminal'
   local kind = medium(what, to, size)
   local most = kind == 'text' and 500 or 16384
   local function fits(v) return type(v) == 'number' and v >= 10 and v <= most end
   core.check(not size or fits(size[1]) and fits(size[2]), '%s: size is to be {width, height}, each of 10 to %d', what, most)
   return setmetatable({what = what, options = options, to = to, medium = kind, settings = {}, blocks = {}, clauses = {},
      hover = {}, notes = {}, said = {}}, Figure)
end

--- A command of gnuplot.
function Figure:set(format, ...) table.insert(self.settings, select('#', ...) > 0 and format:format(...) or format) end

local function number(v) return v == v and ('%.17g'):format(v) or 'NaN' end

--- Rows of numbers as a block of data; an empty row interrupts lines.
---@param rows number[][]
---@return string its name
function Figure:data(rows)
   local name = '$data' .. #self.blocks + 1
   local lines = {name .. ' << END'}
   for i = 1, #rows do
      local row = {}
      for j = 1, #rows[i] do row[j] = number(rows[i][j]) end
      lines[i + 1] = table.concat(row, ' ')
   end
   lines[#lines + 1] = 'END'
   table.insert(self.blocks, table.concat(lines, '\n'))
   return name
end

--- One element of the plot command.
---@param clause string
---@param names? {legend: string?, hover: string?}
function Figure:draw(clause, names)
   names = names or {}
   table.insert(self.clauses, clause .. (names.legend and ' title ' .. text.quoted(names.legend) or ' notitle'))
   self.hover[#self.clauses] = names.hover or names.legend or ''
end

local function list(pairs_)
   local parts = {}
   for i, tic in ipairs(pairs_) do
      parts[i] = ('%s %s %d'):format(text.tic(tic[2], 40), number(tic[1]), tic[2] == '' and 1 or 0)
   end
   return '(' .. table.concat(parts, ', ') .. ')'
end

--- An axis: spec.low and .high (extremes of what is drawn, nil where there is nothing), log, pad (room at the ends, a share),
--- from_zero (no room below 0), whole (no fractions), labels (names of the places 1, 2, ...), flip (1 on top), rotate (labels in any
--- case, for a picture that has room for them; else where they are too long), grid.
---@param axis 'x'|'y'
---@param spec table
---@return number low, number high
function Figure:axis(axis, spec)
   local options, plain = self.options, self.medium == 'text'
   local low, high, rotate
   if spec.labels then
      low, high = 0.5, math.max(1, #spec.labels) + 0.5
      local labels = spec.labels
      rotate = axis == 'x' and spec.rotate
      if axis == 'x' and not rotate and self:crowded(labels) then
         labels = text.told_apart(labels, self:slanting(#labels))
         rotate = self:crowded(labels)
      end
      spec.tics = {}
      for i, label in ipairs(labels) do spec.tics[i] = {i, label} end
   else
      low, high = span.of(self.what, axis, options[axis .. 'range'], spec)
   end
   if spec.log then self:set('set logscale %s', axis) end
   self:set('set %srange [%.17g:%.17g]', axis, spec.flip and high or low, spec.flip and low or high)
   local w, h = self:size()
   local count = axis == 'x' and w / self:letter() / 12.5 or h / (plain and 4 or 50)
   count = math.max(3, math.min(8, math.floor(count)))
   if spec.tics or spec.log then
      self:set('set %stics %s%s', axis, list(spec.tics or tics.log(low, high, count)), rotate and ' rotate by 40 right' or '')
   else
      local step, format = tics.linear(low, high, count, spec.whole)
      self:set("set format %s '%s'", axis, format)
      self:set('set %stics %.17g', axis, step)
   end
   if options[axis .. 'label'] then
      local room = math.floor((axis == 'x' and w or plain and 2 * h or 0.9 * h) / self:letter())
      self:set('set %slabel %s', axis, text.quoted(options[axis .. 'label'], room))
   end
   if not plain and spec.grid ~= false then self:set('set grid %stics', axis) end
   return low, high
end

--- Width of a letter in the units of size().
---@return number
function Figure:letter() return self.medium == 'text' and 1 or 6 end

--- Letters of the longest of several names, as they are drawn.
---@param names string[]
---@return integer
function Figure.longest(names)
   local n = 0
   for _, name in ipairs(names) do n = math.max(n, text.length(text.line(name, 40))) end
   return n
end

--- Whether names are too long to stand side by side below the picture.
---@param names string[]
---@return boolean
function Figure:crowded(names)
   return (Figure.longest(names) + 1) * #names * self:letter() > 0.85 * self:size() - (self.beside or 0)
end

--- Letters of n slanting names below the picture of which the longest takes a third of its height and the first ends inside.
---@param n integer
---@return integer
function Figure:slanting(n)
   local w, h = self:size()
   local rise, run = 0.64 * self:letter(), 0.77 * self:letter() -- of a letter at 40 degrees
   return math.max(8, math.min(40, math.floor(math.min(0.35 * h / rise, (40 + 0.4 * w / n) / run))))
end

--- Says above the data what the picture leaves out.
---@param format string
function Figure:note(format, ...) table.insert(self.notes, format:format(...)) end

--- A sentence for those who cannot see the picture.
function Figure:say(format, ...) table.insert(self.said, format:format(...)) end

--- The legend: beside the picture where the names are short, else below it.
---@param names string[] those that appear in it
function Figure:legend(names)
   local wish = self.options.legend
   local longest = 0
   for _, name in ipairs(names) do longest = math.max(longest, text.length(text.line(name))) end
   if #names == 0 or wish == false then return self:set('set key off') end
   local width, letter = self:size(), self:letter()
   local place = wish or (self.medium ~= 'text' and longest * letter + 40 <= 0.3 * width and 'right' or 'below')
   if place == 'right' then
      self:set('set key outside right top vertical Left reverse samplen 2.2 spacing 1.15 width -1')
   elseif place == 'inside' then
      self:set('set key inside right top vertical Left reverse samplen 2.2 spacing 1.15 width -1')
   else
      self:set('set key bmargin left horizontal Left reverse samplen 2.2 spacing 1.15 width 1')
      local each = (longest + (self.medium == 'text' and 7 or 9)) * letter
      local rows = math.ceil(#names / math.max(1, math.floor(0.9 * width / each)))
      self.extra = self.medium == 'text' and rows or math.max(0, rows * 18)
   end
end

--- Width and height: characters of the terminal, else units of 1/96 inch.
---@return integer w, integer h
function Figure:size()
   local asked = self.options.size
   if asked then return math.floor(asked[1]), math.floor(asked[2]) end
   if self.medium == 'text' then
      local columns = self.to == 'terminal' and core.host.hl_host_terminal_width(1) or 0
      return columns > 0 and math.max(40, columns) or 80, (self.rows or 24) + (self.extra or 0)
   end
   return self.width or 640, math.floor((self.height or 360) + (self.extra or 0))
end

-- Light grid, axes on two sides, small marks outside.
local dress = [[
set border 3 lc rgb 'black' lw 0.8
set tics nomirror out scale 0.5,0.25 front
set xtics offset 0,0.2
set xlabel offset 0,0.4
set ylabel offset 0.6,0
set cblabel offset 1.2,0
set grid lc rgb '#c87f7f7f' lt 1 dt 1 lw 0.8, lc rgb '#c87f7f7f' lt 1 dt 1 lw 0.8
set grid noxtics noytics]]

-- Title and notes, above the data; on paper the notes have a line of their own.
local function head(figure, out)
   local room = math.floor(figure:size() / figure:letter())
   local title, note = figure.options.title, #figure.notes > 0 and table.concat(figure.notes, '; ') or nil
   if figure.medium == 'text' then
      if note then title = title and ('%s (%s)'):format(title, note) or note end
      if title then out[#out + 1] = 'set title ' .. text.quoted(title, room) end
      return
   end
   if title then out[#out + 1] = ('set title %s offset 0,%g'):format(text.quoted(title, room), note and 0.5 or -0.4) end
   if note then out[#out + 1] = ("set label %s at graph 1, graph 1 right offset 0,0.7 font ',9'"):format(text.quoted(note, room)) end
   if not figure.top then out[#out + 1] = ('set tmargin %g'):format(0.6 + (title and 1.4 or 0) + (note and 1 or 0)) end
end

--- The commands in the order in which gnuplot wants them; `first` is the line that sets its terminal.
---@param first string
---@return string
function Figure:script(first)
   local out = {first, self.medium == 'text' and 'set border 3\nset tics nomirror' or dress}
   for _, part in ipairs {self.settings, self.blocks} do for _, line in ipairs(part) do out[#out + 1] = line end end
   head(self, out)
   out[#out + 1] = 'plot ' .. (#self.clauses > 0 and table.concat(self.clauses, ', ') or 'NaN notitle')
   out[#out + 1] = self.inline
   return table.concat(out, '\n')
end

--- Nothing to see: says so in the middle.
function Figure:empty(why)
   self:set("set label %s at graph 0.5, graph 0.5 center front", text.quoted(why))
   self:draw('NaN')
end

return Figure
