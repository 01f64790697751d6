--- plot/output.lua: from a figure to SVG, PNG or characters, to where the caller wants them.
local colour = require 'hilo.prompt.colour'
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local Gnuplot = require 'hilo.plot.gnuplot'
local svg = require 'hilo.plot.svg'

local output = {}

local session -- {process = Gnuplot?} until output.session ends

local function draw(script)
   if session then
      if not (session.process and session.process.pid) then session.process = Gnuplot.start() end -- an error ended the last one
      return (session.process:draw(script))
   end
   local process = Gnuplot.start()
   local picture = process:draw(script)
   process:close()
   return picture
end

--- Runs f(...) with one gnuplot for all pictures that it draws; returns what f returns.
---@param f function
function output.session(f, ...)
   if session then return f(...) end
   session = {}
   local function done(ok, ...)
      if session.process then session.process:close() end
      session = nil
      if not ok then error((...), 0) end
      return ...
   end
   return done(pcall(f, ...))
end

local terminals = {
   svg = function(w, h) return ("set terminal svg size %d,%d dynamic noenhanced font 'Helvetica,11' butt"):format(w, h) end,
   png = function(w, h, scale)
      local fonts = 0.77 -- points of its fonts to make letters as large as in SVG
      return ("set terminal pngcairo size %d,%d noenhanced font 'sans,11' fontscale %g linewidth %g pointscale %g butt " ..
         "background '#ffffff'"):format(w * scale, h * scale, fonts * scale, scale, scale)
   end,
   text = function(w, h, _, coloured)
      return ('set terminal dumb size %d,%d noenhanced nofeed %s'):format(w, h, coloured and 'ansi256' or 'mono')
   end,
}

-- Without form feeds and the empty lines around; a line with nothing but codes of colours is empty.
local function tidy(picture)
   local lines, first, last = {}, nil, 0
   for line in picture:gsub('\f', ''):gmatch('([^\n]*)\n?') do
      lines[#lines + 1] = line:gsub(' +$', '')
      if line:gsub('\27%[[%d;]*m', ''):find('%S') then first, last = first or #lines, #lines end
   end
   local reset = picture:find('\27', 1, true) and '\27[0m' or ''
   return table.concat(lines, '\n', first or 1, last) .. reset .. '\n'
end

--- Draws it where its options say: to = 'svg', 'png', 'text' return it as a string, a path is written and returned, 'terminal'
--- (the default) prints.
---@param figure Figure
---@return string?
function output.render(figure)
   local w, h = figure:size()
   local to, medium = figure.to, figure.medium
   local scale = figure.options.density or to == 'terminal' and 1 or 2
   core.check(scale > 0 and w * scale <= 16384 and h * scale <= 16384, '%s: a picture of %d x %d is too large', figure.what,
      w * scale, h * scale)
   local picture = draw(figure:script(terminals[medium](w, h, scale, to == 'terminal' and colour.wanted(1))))
   if medium == 'svg' then
      picture = svg.polish(picture, w, h, {title = figure.options.title or figure.name or figure.what,
         desc = figure.options.desc or table.concat(figure.said, ' '), hover = figure.hover})
   elseif medium == 'text' then
      picture = tidy(picture)
   elseif to == 'terminal' then
      picture = require('hilo.prompt.show').png(picture) .. '\n'
   end
   if to == 'terminal' then
      io.stdout:write(picture)
      io.stdout:flush()
   elseif to == medium then
      return picture
   else
      file.write(to, function(write) write(picture) end)
      return to
   end
end

return output
