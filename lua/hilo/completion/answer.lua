--- completion/answer.lua: what a word can become, and which options and values it begins.
local folder = require 'hilo.data.folder'
local options_of = require 'hilo.options.values'
local runs = require 'hilo.completion.runs'

---@class Completion
---@field word string as far as it is typed
---@field words string[] those before it
---@field list {text: string, about: string?}[]
---@field paths 'files'|'folders'|nil whether names of these are wanted too
local Answer = {}
Answer.__index = Answer

--- Nothing yet.
---@param words string[] the last is the one to complete
---@return Completion
function Answer.new(words)
   return setmetatable({word = words[#words] or '', words = {unpack(words, 1, #words - 1)}, list = {}}, Answer)
end

--- Takes a candidate where it begins as the word does.
---@param text string
---@param about? string
function Answer:add(text, about)
   if text:sub(1, #self.word) == self.word then self.list[#self.list + 1] = {text = text, about = about} end
end

--- Takes several.
---@param texts string[]
function Answer:add_all(texts) for _, text in ipairs(texts) do self:add(text) end end

--- The value that an option has among the words.
---@param key string
---@return string?
function Answer:given(key)
   for _, word in ipairs(self.words) do
      if word:sub(1, #key + 1) == key .. '=' then return word:sub(#key + 2) end
   end
   return nil
end

--- Names of runs, in the folder that runs= says.
function Answer:add_runs() self:add_all(runs.names(self:given 'runs' or 'runs', self.word)) end

--- Names of sweeps, in the store that store= or runs= says.
function Answer:add_sweeps()
   self:add_all(runs.sweeps(self:given 'store' or (self:given 'runs' or 'runs') .. '/sweeps.db'))
end

-- ---- options ----

---@class CompletedOptions
---@field defaults table<string, any> by flat key
---@field choices table<string, (string|number)[]>? by flat key
---@field meanings table<string, string>? by flat key
---@field several boolean? whether an option may have several values, by comma

-- Options whose values are names of runs, and those that are folders. Their types are text, as those of others.
local of_runs, of_folders = {}, {}
for name in ('name segmentation supervised s4gan mlmt net chosen start data.split'):gmatch '%S+' do of_runs[name] = true end
for name in ('data.root root runs out'):gmatch '%S+' do of_folders[name] = true end

local function one_of(default) if type(default) == 'table' then return default[1] end return default end

-- The values of an option; `typed` is what stands before the part of the word that they complete.
local function add_values(self, o, key, typed)
   local default = o.defaults[key]
   local choices = (o.choices or {})[key]
   if choices then
      for _, value in ipairs(choices) do self:add(typed .. tostring(value)) end
   elseif type(default) == 'boolean' then
      self:add_all {typed .. 'true', typed .. 'false'}
   elseif of_runs[key] then
      for _, name in ipairs(runs.names(self:given 'runs' or 'runs', self.word:sub(#typed + 1))) do self:add(typed .. name) end
   elseif of_folders[key] then
      self.paths = 'folders'
   elseif type(one_of(default)) == 'number' then
      self:add(typed .. options_of.text_of(default))
   else
      self.paths = 'files'
   end
end

--- Takes the options that are not given yet, or, where the word says which option, its values.
---@param o CompletedOptions
function Answer:add_options(o)
   local key, value = self.word:match '^([%a][%w_.]*)=(.*)$'
   if key and o.defaults[key] == nil then return end
   if key then
      local list = o.several or type(o.defaults[key]) == 'table'
      return add_values(self, o, key, ('%s=%s'):format(key, list and value:match '^.*,' or ''))
   end
   local _, keys = options_of.flatten(o.defaults)
   for _, name in ipairs(keys) do
      if not self:given(name) then self:add(name .. '=', (o.meanings or {})[name]) end
   end
end

--- How many of the words before it are names, not options.
---@param from integer the first that counts
---@return integer
function Answer:names(from)
   local n = 0
   for i = from, #self.words do
      local word = self.words[i]
      if not word:match '^[%a][%w_.]*=' or folder.is_file(word) or folder.is_folder(word) then n = n + 1 end
   end
   return n
end

return Answer
