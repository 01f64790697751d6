--- completion/scripts.lua: the scripts there are, and what they say of their options.
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local options = require 'hilo.train.options'
local process = require 'hilo.io.process'
local script = require 'hilo.sweep.script'

local scripts = {}

local function in_folder(root, path, list)
   if not folder.is_folder(root .. path) then return end
   for _, name in ipairs(folder.list(root .. path)) do
      if name:find '%.lua$' then list[#list + 1] = path .. name end
   end
end

--- Paths of scripts that begin so: hilo's own experiments among them, from wherever one is.
---@param begin string
---@return string[]
function scripts.paths(begin)
   local list, at = {}, begin:match '^.*/' or ''
   in_folder('', at == '' and './' or at, list)
   for i, path in ipairs(list) do list[i] = path:gsub('^%./', at == '' and '' or './') end
   if #list == 0 or at == '' then in_folder(core.root, at == '' and 'experiments/' or at, list) end
   if at == '' then
      for _, name in ipairs(folder.list '.') do
         if folder.is_folder(name) then list[#list + 1] = name .. '/' end
      end
   end
   return list
end

local patience = 3 -- seconds

-- What `script.lua describe` prints, of a script whose text names options: others would run.
local function described(path, text)
   if not text:find('train%.options') then return nil end
   local words = {'timeout', tostring(patience), unpack(script.command(path))}
   for i, word in ipairs(words) do words[i] = process.quoted(word) end
   local pipe = io.popen(table.concat(words, ' ') .. ' describe 2>/dev/null </dev/null')
   for line in pipe and pipe:lines() or function() end do
      if line:sub(1, #options.description) == options.description then
         pipe:close()
         return json.decode(line:sub(#options.description + 1), path)
      end
   end
   if pipe then pipe:close() end
   return nil
end

-- train.choice('scores', o.scores, {'teacher', 'student'}): what a script checks of its own options.
local function checked(text, choices)
   for key, rest in text:gmatch "choice%('([%w_.]+)', ([^\n]+)" do
      local values = {}
      for value in (rest:match '.*(%b{})' or ''):gmatch "'([^']+)'" do values[#values + 1] = value end
      choices[key] = #values > 0 and values or nil
   end
end

--- The options of a script, as it says itself.
---@param path string
---@return CompletedOptions? nil where it names none
function scripts.options(path)
   local place = script.place(path)
   if not folder.is_file(place) then return nil end
   local text = file.read(place)
   local found = described(path, text)
   if not found then return nil end
   local choices = found.choices or {}
   checked(text, choices)
   for kind, names in pairs(found.variants or {}) do choices[kind] = names end
   return {defaults = found.defaults, choices = choices, meanings = found.meanings}
end

return scripts
