local core = require 'hilo.core'
local class = require 'hilo.nn.class'

--- optim.Logger([path, timestamp]): columns of numbers in a file, separated by tabs, and their curves.
---
---     local logger = optim.Logger('curves.log')
---     logger:setNames {'training error', 'test error'}
---     for i = 1, 10 do logger:add {1 / i, 2 / i} end
---     logger:style {'-', '+-'}
---     logger:display(false)                                    -- plot() then only writes curves.log.svg
---     logger:plot()
local Logger = class('optim.Logger')

---@param filename? string the standard output if not given
---@param timestamp? boolean the file's name ends in the date and time
function Logger:__init(filename, timestamp)
   if filename then
      self.name = filename
      if timestamp then filename = filename .. '-' .. os.date('%Y_%m_%d_%X') end
      self.file = core.check(io.open(filename, 'w'), 'Logger: cannot write %s', filename)
   else
      self.name, self.file = 'stdout', io.stdout
   end
   self.names, self.columns, self.styles = {}, {}, {}
   self.showPlot, self.logscale = true, false
end

local function write_row(self, cells)
   self.file:write(table.concat(cells, '\t'), '\t\n')
   self.file:flush()
end

--- Names the columns, for rows that are lists.
---@param names string[]
---@return optim.Logger self
function Logger:setNames(names)
   self.names = names
   for i = 1, #names do self.columns[i], self.styles[i] = {}, {'+'} end
   write_row(self, names)
   return self
end

local function is_list(t) return #t > 0 end

-- {name = value} in the order of the columns; those of the first row are in that of their names.
local function in_order(self, row)
   if is_list(row) then
      if #self.names == 0 then
         local names = {}
         for i = 1, #row do names[i] = tostring(i) end
         self:setNames(names)
      end
      return row
   end
   if #self.names == 0 then
      local names = {}
      for name in pairs(row) do names[#names + 1] = name end
      table.sort(names)
      self:setNames(names)
   end
   local values = {}
   for i, name in ipairs(self.names) do values[i] = row[name] end
   return values
end

--- Writes a row.
---@param row number[]|table<string, number> in the order of setNames, or by names
function Logger:add(row)
   local values, cells = in_order(self, row), {}
   for i = 1, #self.names do
      local v = values[i]
      core.check(type(v) == 'number' or type(v) == 'string', "Logger: can only log numbers and strings, got %s for '%s'", type(v),
         tostring(self.names[i]))
      cells[i] = type(v) == 'number' and ('%11.4e'):format(v) or v
      table.insert(self.columns[i], v)
   end
   write_row(self, cells)
end

--- How columns are drawn: '-', '+', '+-', '~', '|', '.'.
---@param styles table<string|integer, string|string[]> by names, or in the order of setNames
---@return optim.Logger self
function Logger:style(styles)
   for key, style in pairs(styles) do
      for i, name in ipairs(self.names) do
         if key == i or key == name then self.styles[i] = type(style) == 'table' and style or {style} end
      end
   end
   return self
end

--- A logarithmic axis of values.
---@param state boolean
function Logger:setlogscale(state) self.logscale = state end

--- Whether plot() shows the curves besides writing them.
---@param state boolean
function Logger:display(state) self.showPlot = state end

--- Draws the curves of columns that have two numbers or more: in the terminal, and into a file that is called as the log with .svg.
---@param ... string names of columns; all if not given
function Logger:plot(...)
   local wanted, curves = {}, {}
   for i = 1, select('#', ...) do wanted[(select(i, ...))] = true end
   for i, name in ipairs(self.names) do
      local column = self.columns[i]
      if (next(wanted) == nil or wanted[name]) and #column > 1 and type(column[1]) == 'number' then
         local x = {}
         for k = 1, #column do x[k] = k end
         for _, style in ipairs(self.styles[i]) do curves[#curves + 1] = {name, x, column, style} end
      end
   end
   if #curves == 0 then return end
   local plot = require 'hilo.plot'
   local options = {title = self.name, ylog = self.logscale or nil}
   local function draw(to)
      options.to = to
      local arguments = {unpack(curves)}
      arguments[#arguments + 1] = options
      plot(unpack(arguments))
   end
   if self.showPlot then draw(nil) end
   if self.file ~= io.stdout then draw(self.name .. '.svg') end
end

return Logger
