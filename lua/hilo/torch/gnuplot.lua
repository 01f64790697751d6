--- torch/gnuplot.lua: Torch7's package gnuplot over hilo.plot: curves, histograms and matrices in the terminal or in files.
---
--- A picture for the terminal is printed when it is drawn; what is said of its title and axes before it counts for it and those that
--- follow. A picture for a file (pngfigure, svgfigure, ...) is written by plotflush or close, with all that was said of it until then.
--- Encapsulated PostScript and PDF become SVG, beside the name that was asked for.
local core = require 'hilo.core'
local plot = require 'hilo.plot'

---@class hilo.torch.gnuplot
local gnuplot = {}

local figures, current = {}, {options = {}}

local function draw(to)
   if not current.draw then return end
   local options = {to = to}
   for key, value in pairs(current.options) do options[key] = value end
   return current.draw(options)
end

local function show(f)
   current.draw = f
   if not current.path then draw(nil) end
end

--- Curves: plot(y), plot(x, y), plot('name', x, y, '-'), plot({'name', x, y, '-'}, {...}, ...); styles '-', '+', '+-', '|', '.', '~'.
---@param ... any
function gnuplot.plot(...)
   local curves = {...}
   show(function(options)
      local arguments = {unpack(curves)}
      arguments[#arguments + 1] = options
      return plot(unpack(arguments))
   end)
end

--- A histogram of the elements of a tensor.
---@param x Tensor
---@param bins? integer
function gnuplot.hist(x, bins)
   show(function(options)
      options.bins = bins
      return plot.hist(x:contiguous():view(-1), options)
   end)
end

--- A matrix as an image.
---@param x Tensor (M,N)
---@param palette? string 'gray' or 'color'
function gnuplot.imagesc(x, palette)
   show(function(options)
      options.palette = palette ~= 'color' and 'grey' or nil
      return plot.image(x, options)
   end)
end

--- Bars of the numbers of a list.
---@param x Tensor|number[]
function gnuplot.bar(x)
   local labels = {}
   for i = 1, core.is_tensor(x) and x:size(1) or #x do labels[i] = tostring(i) end
   show(function(options) return plot.bar(labels, x, options) end)
end

--- Points: scatter(x, y).
---@param x Tensor
---@param y Tensor
function gnuplot.scatter(x, y)
   show(function(options) return plot.scatter(x, y, options) end)
end

-- ---- figures ----

--- A figure of its own, or that of a number, to be drawn into.
---@param n? integer
---@return integer n
function gnuplot.figure(n)
   n = n or #figures + 1
   figures[n] = figures[n] or {options = {}}
   current = figures[n]
   return n
end

local function file_figure(path)
   local n = gnuplot.figure(#figures + 1)
   current.path = path
   return n
end

--- A figure that is written as a PNG.
---@param path string
---@return integer n
function gnuplot.pngfigure(path) return file_figure(path) end
--- A figure that is written as an SVG.
---@param path string
---@return integer n
function gnuplot.svgfigure(path) return file_figure(path) end
--- A figure that is written as an SVG: the path with .svg behind it.
---@param path string
---@return integer n
function gnuplot.epsfigure(path) return file_figure(path .. '.svg') end
gnuplot.pdffigure = gnuplot.epsfigure

--- Writes a figure's file.
---@param n? integer the current figure if not given
---@return string? path
function gnuplot.plotflush(n)
   if n then gnuplot.figure(n) end
   return current.path and draw(current.path)
end

--- Writes a figure's file where it was not yet, and forgets it.
---@param n? integer the current figure if not given
function gnuplot.close(n)
   gnuplot.plotflush(n)
   for i, figure in pairs(figures) do if figure == current then figures[i] = nil end end
   current = {options = {}}
end
--- Forgets all figures.
function gnuplot.closeall() figures, current = {}, {options = {}} end

-- ---- title and axes ----

--- The title.
---@param text string
function gnuplot.title(text) current.options.title = text end
--- What the horizontal axis is called.
---@param text string
function gnuplot.xlabel(text) current.options.xlabel = text end
--- What the vertical axis is called.
---@param text string
function gnuplot.ylabel(text) current.options.ylabel = text end

--- The ranges of the axes: {x1, x2, y1, y2}, '' for what fits by itself; 'auto' for all.
---@param ranges table|string
function gnuplot.axis(ranges)
   local function number(v) return type(v) == 'number' and v or nil end
   if type(ranges) ~= 'table' then
      current.options.xrange, current.options.yrange = nil, nil
      return
   end
   local x1, x2, y1, y2 = number(ranges[1]), number(ranges[2]), number(ranges[3]), number(ranges[4])
   current.options.xrange = (x1 or x2) and {x1, x2} or nil
   current.options.yrange = (y1 or y2) and {y1, y2} or nil
end

--- A logarithmic vertical axis.
---@param state 'on'|'off'
function gnuplot.logscale(state) current.options.ylog = state == 'on' or nil end

--- Where the names of curves stand: the second word 'outside' puts them below, else they are inside.
---@param xloc string 'left', 'right', 'center'
---@param yloc string 'top', 'bottom', 'middle'
function gnuplot.movelegend(xloc, yloc) current.options.legend = xloc and yloc and 'inside' or nil end

--- Lines of a grid; pictures of hilo have them where they help, so this changes nothing.
---@param state 'on'|'off'
function gnuplot.grid(state) core.check(state == 'on' or state == 'off' or state == nil, "gnuplot.grid: expects 'on' or 'off'") end

--- Commands for gnuplot itself are not handed on: an error that says so.
---@param command string
function gnuplot.raw(command) core.raise(('gnuplot.raw: commands are not handed on: %s; see hilo.plot'):format(tostring(command))) end

return gnuplot
