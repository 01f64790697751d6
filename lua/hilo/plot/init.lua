--- plot/init.lua: pictures by gnuplot, as Torch7's package had them, to SVG, PNG and the terminal.
---
---     local x, y, z = hilo.range(1, 20), hilo.rand(20), hilo.rand(20)
---     hilo.plot(y)
---     hilo.plot(x, y)
---     hilo.plot({'loss', x, y}, {'mean IoU', x, z, '+-'}, {xlabel = 'step', to = 'curves.svg'})
---
--- Lists are Lua lists of numbers or tensors of one dimension. NaN is a gap; so are infinities, and on logarithmic axes numbers that
--- are not above 0 (their count is then written into the picture). Names may hold any text.
---
--- Options of every picture:
---   title, xlabel, ylabel  text
---   desc                   what a screen reader says; by default a sentence is made of the data
---   xlog, ylog             true: a logarithmic axis
---   xrange, yrange         {low, high}, either may be nil
---   legend                 'right', 'below', 'inside', false; by default right of the data where names are short, else below
---   size                   {width, height} in units of 1/96 inch, in characters for text; each picture has a fitting one by itself
---   density                pixels of a PNG a unit, 2
---   to                     where the picture goes:
---      'terminal' (default)  shown as a picture by terminals that take them (kitty's, iTerm2's, sixel); else, or where a size is
---                            given, printed as wide as the terminal, in colour only where stdout is a terminal, TERM is not dumb
---                            and NO_COLOR is not set
---      'text'                returned as it would be printed, without colours, 80 characters wide
---      'svg'                 returned as an <svg> element fit for inlining in HTML: ids differ from picture to picture, axes and text
---                            have the page's colour, role img with title and desc, class hilo-plot, as wide as its place allows
---      'png'                 returned as the bytes of a PNG
---      a path                that ends in .svg or .png is written, whole or not at all, and returned
local lines = require 'hilo.plot.lines'
local bars = require 'hilo.plot.bars'
local hist = require 'hilo.plot.hist'
local scatter = require 'hilo.plot.scatter'
local image = require 'hilo.plot.image'
local parallel = require 'hilo.plot.parallel'
local output = require 'hilo.plot.output'

---@class hilo.plot
local plot = {}

--- Bars: plot.bar(labels, values[, errors][, options]).
---
--- Further options: horizontal (the first label on top; the height grows with the labels), values (a format such as '%.3f': numbers at
--- the bars).
---
---     print(hilo.plot.bar({'car', 'tree'}, {40.5, 61.2}, {to = 'text'}))
---@param labels any[]
---@param values number[]|Tensor|table[] one series, or several as {{'name', values, errors?}, ...}: a group of bars a label
---@param errors? number[]|Tensor half the length of the whiskers
---@param options? table
---@return string? made as `to` says: the path, the bytes or the text; nil where it was printed
function plot.bar(labels, values, errors, options) return bars.bar(labels, values, errors, options) end

--- A histogram: plot.hist(x[, options]). Further option: bins (by default the square root of the count, 5 to 60).
---
---     hilo.plot.hist(hilo.randn(1000), {to = 'histogram.svg'})
---@param x number[]|Tensor
---@param options? table
---@return string? made as `to` says: the path, the bytes or the text; nil where it was printed
function plot.hist(x, options) return hist.hist(x, options) end

--- Points: plot.scatter(x, y[, colours][, options]). x and y are numbers, or names (strings, booleans), each with a place of its own.
---
--- Further options: clabel (text), clog, crange of the colours; best = 'max' (default) or 'min': which lie on top; xnames, ynames: all
--- names in their order. A point whose colour is NaN is a grey ring.
---
---     hilo.plot.scatter({1, 2, 3}, {2, 4, 8}, {to = 'points.png', ylog = true})
---@param x any[]|Tensor
---@param y any[]|Tensor
---@param colours? number[]|Tensor
---@param options? table
---@return string? made as `to` says: the path, the bytes or the text; nil where it was printed
function plot.scatter(x, y, colours, options) return scatter.scatter(x, y, colours, options) end

--- A matrix as colours, the first row on top: plot.image(matrix[, options]).
---
--- Further options: labels (names of rows and columns), xnames (of columns), ynames (of rows); values: true, a format such as '%.2f' or
--- a function(value) -> text, writes the numbers; palette 'viridis', 'blue' (from nothing to blue, the default with values; starts at
--- 0), 'grey', 'line'; crange = {low, high}, clog, clabel, bar = false of the colours.
---
---     hilo.plot.image(hilo.rand(4, 4), {to = 'matrix.svg', values = '%.1f'})
---@param matrix number[][]|Tensor
---@param options? table
---@return string? made as `to` says: the path, the bytes or the text; nil where it was printed
function plot.image(matrix, options) return image.image(matrix, options) end

--- Parallel coordinates: an axis for each of `axes` and one for the value; the best lie on top.
---
--- Further options: clabel (what the value is called), best = 'max' (default) or 'min', crange.
---@param rows {values: table<string, any>, value: number?}[] such as a sweep's trials; a row without a value is a dotted grey line
---@param axes {name: string, low: number?, high: number?, log: boolean?, choices: any[]?}[] such as a sweep's axes
---@param options? table
---@return string? made as `to` says: the path, the bytes or the text; nil where it was printed
function plot.parallel(rows, axes, options) return parallel.parallel(rows, axes, options) end

--- Runs f(...) with one gnuplot for all pictures drawn in it, which saves starting one for each; returns what f returns.
---@param f function
---@param ... any
---@return ... what f returns
function plot.session(f, ...) return output.session(f, ...) end

return setmetatable(plot, {__call = function(_, ...) return lines.plot(...) end})
