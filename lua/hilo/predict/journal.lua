--- predict/journal.lua: what a folder of results holds. While pictures are labelled predictions.jsonl says so, the settings in its
--- first line and then a line a picture; once that has ended, or Ctrl-C has ended it, predictions.json says it all.
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'

---@class Journal
---@field path string
---@field out file*
local Journal = {}
Journal.__index = Journal

---@class EarlierResults
---@field settings table<string, any>? nil in those of older versions
---@field predictions Prediction[]

--- What a folder holds of an earlier prediction, a killed one among them; nil where it holds nothing.
---@param path string of the folder
---@return EarlierResults?
function Journal.read(path)
   local ended, under_way = path .. '/predictions.json', path .. '/predictions.jsonl'
   local found
   if folder.is_file(ended) then
      local all = json.load(ended)
      found = {settings = all.settings, predictions = all.predictions}
   end
   if folder.is_file(under_way) then
      for line in file.whole_lines(file.read(under_way)) do
         local ok, entry = pcall(json.decode, line, under_way) -- a power cut can leave lines that are none
         if ok and entry.settings then
            found = found or {settings = entry.settings, predictions = {}}
         elseif ok and found then
            table.insert(found.predictions, entry)
         end
      end
   end
   return found
end

--- Begins to write down what is found, or goes on with it.
---@param path string of the folder
---@param settings table<string, any>
---@return Journal
function Journal.open(path, settings)
   local self = setmetatable({path = path .. '/predictions.jsonl'}, Journal)
   local out, why = io.open(self.path, 'a')
   self.out = core.check(out, 'cannot write %s: %s', self.path, tostring(why))
   self:write {settings = settings}
   return self
end

---@param entry table
function Journal:write(entry)
   local ok, why = self.out:write(json.encode(entry, {one_line = true}), '\n')
   if ok then ok, why = self.out:flush() end
   core.check(ok, 'cannot write %s: %s', self.path, tostring(why))
end

--- The tables hold everything now.
function Journal:finish()
   self.out:close()
   os.remove(self.path)
end

return Journal
