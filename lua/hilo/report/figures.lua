--- report/figures.lua: plots inside the page.
local h = require 'hilo.report.html'
local plot_text = require 'hilo.plot.text'

local figures = {}

--- Size of plots that stand side by side, in pixels of the letters: small, so that they can be read on a phone.
figures.half = {380, 250}

local failures = {}

--- Messages of the plots that could not be drawn since the last call.
---@return string[]
function figures.failures()
   local list = failures
   failures = {}
   return list
end

-- A page without its plots still holds all numbers, so what goes wrong is told in their place.
local function drawn(kind, ...)
   local plot = require 'hilo.plot'
   if kind then plot = plot[kind] end
   return plot(...)
end

--- A figure. What follows the caption are the arguments of hilo.plot, or of hilo.plot.<kind>, but for `to`.
---@param kind string? 'bar', 'image', 'parallel'; nil: lines and points
---@param caption any
---@param ... any the last is the table of options
---@return Html
function figures.draw(kind, caption, ...)
   local arguments = {...}
   arguments[#arguments].to = 'svg'
   local ok, svg = pcall(drawn, kind, unpack(arguments))
   if ok then return h.figure {h.raw(svg), caption and h.figcaption {caption}} end
   failures[#failures + 1] = tostring(svg)
   return h.figure {h.p {class = 'note failed', 'This plot could not be drawn: ', tostring(svg)}, caption and h.figcaption {caption}}
end

--- A name for a legend, not longer than a plot is wide.
---@param name string
---@return string
function figures.name(name) return plot_text.line(name, 36) end

--- f(...) with one gnuplot for all plots that it draws.
---@param f function
---@return ... what f returns
function figures.session(f, ...)
   local plot = require 'hilo.plot'
   return plot.session(f, ...)
end

--- Figures beside one another, as many as fit.
---@param list Html[]
---@param class? string 'small'
---@return Html
function figures.grid(list, class) return h.div {class = 'figures' .. (class and ' ' .. class or ''), list} end

return figures
