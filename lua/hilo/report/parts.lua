--- report/parts.lua: what sections are made of: tables in a box of their own, lists of facts, folded parts, notes.
local h = require 'hilo.report.html'

local parts = {}

--- What stands where there is no value.
parts.none = '\226\128\147'

---@class Column
---@field title any
---@field class string? 'n': numbers, to the right
---@field sort string? 'ascending' or 'descending', where the rows come in its order

-- The cell that names its row is a heading.
local function cell_of(value, column, is_head)
   local fields = {class = column.class, value}
   if type(value) == 'table' and value.cell then
      fields = value.cell
      fields.class = fields.class and column.class and column.class .. ' ' .. fields.class or fields.class or column.class
   end
   if is_head then fields.scope = 'row' end
   return is_head and h.th(fields) or h.td(fields)
end

-- Words stay whole in heads, but for a name as long as no column should be.
local function head_class(column)
   local long = type(column.title) == 'string' and #column.title > 28 and 'wrapped' or nil
   return long and column.class and column.class .. ' ' .. long or long or column.class
end

--- A table that scrolls inside its box where the screen is narrow; the box can be reached and scrolled by keys.
--- A cell is what is shown, or {cell = {fields of the element}}; a column that is false is left out.
---@param options {caption: string, columns: (Column|false)[], rows: table[], sortable: boolean?} a row is a list of
--- cells with its own `class`; the first cell names the row
---@return Html
function parts.table(options)
   local heads, rows, count = {}, {}, table.maxn(options.columns)
   for i = 1, count do
      local column = options.columns[i]
      heads[i] = column and h.th {scope = 'col', class = head_class(column), ['aria-sort'] = column.sort, column.title}
   end
   for r, row in ipairs(options.rows) do
      local cells = {}
      for i = 1, count do
         local column = options.columns[i]
         cells[i] = column and cell_of(row[i] or '', column, i == 1)
      end
      rows[r] = h.tr {class = row.class, cells}
   end
   -- --n: on paper the letters are as small as so many columns need
   return parts.scroll(options.caption, h.table {class = options.sortable and 'sortable', style = '--n:' .. count,
      h.caption {options.caption}, h.thead {h.tr(heads)}, h.tbody(rows)})
end

--- A box that scrolls by itself.
---@param label string what is in it
---@param content any
---@return Html
function parts.scroll(label, content)
   return h.div {class = 'scroll', role = 'group', ['aria-label'] = label, tabindex = 0, content}
end

--- Names and values.
---@param list {[1]: string, [2]: any}[] those without a value are left out
---@param class? string
---@return Html?
function parts.facts(list, class)
   local items = {}
   for i = 1, table.maxn(list) do
      local fact = list[i]
      if fact and fact[2] and fact[2] ~= '' then items[#items + 1] = h.div {h.dt {fact[1]}, h.dd {fact[2]}} end
   end
   if #items == 0 then return nil end
   return h.dl {class = 'facts' .. (class and ' ' .. class or ''), items}
end

--- A part that opens when asked.
---@param title any
---@param content any
---@param options? {id: string?, class: string?, open: boolean?} id: of what is inside, so that a link to it opens the part
---@return Html
function parts.folded(title, content, options)
   options = options or {}
   return h.details {class = options.class, open = options.open, h.summary {title}, h.div {id = options.id, content}}
end

--- A remark that must be seen.
---@param text any
---@param class? string 'failed'
---@return Html
function parts.note(text, class) return h.div {class = 'note' .. (class and ' ' .. class or ''), text} end

--- The state of a run or trial, told by a word and a colour.
---@param state string
---@return Html
function parts.state(state) return h.span {class = 'state ' .. state:gsub('[^%w]', ''), state} end

return parts
