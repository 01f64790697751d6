--- io/csv.lua: tables for spreadsheets and pandas, as RFC 4180 has them.
local file = require 'hilo.io.file'

local csv = {}

local function cell(text)
   if text:find('[",\r\n]') then return '"' .. text:gsub('"', '""') .. '"' end
   return text
end

--- Writes rows; the file appears whole or not at all.
---@param path string
---@param rows string[][] the first has the heads
function csv.save(path, rows)
   file.write(path, function(out)
      for _, row in ipairs(rows) do
         local cells = {}
         for i, text in ipairs(row) do cells[i] = cell(text) end
         out(table.concat(cells, ',') .. '\r\n')
      end
   end)
end

return csv
