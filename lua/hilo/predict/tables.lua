--- predict/tables.lua: what was found in many pictures, as CSV for spreadsheets.
local csv = require 'hilo.io.csv'

local tables = {}

---@class Prediction: Scores
---@field picture string path
---@field labels string? path of the label map

--- One line a picture, one column a class.
---@param path string
---@param predictions Prediction[]
---@param classes string[]
---@param what 'area'|'score'|'confidence'
function tables.save_csv(path, predictions, classes, what)
   local rows = {{'picture', 'height', 'width', unpack(classes)}}
   for _, p in ipairs(predictions) do
      local row = {p.picture, tostring(p.height), tostring(p.width)}
      for _, name in ipairs(classes) do
         local value = p.classes[name] and p.classes[name][what]
         row[#row + 1] = value and ('%.6f'):format(value) or ''
      end
      rows[#rows + 1] = row
   end
   csv.save(path, rows)
end

return tables
