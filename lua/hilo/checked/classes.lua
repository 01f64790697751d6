--- checked/classes.lua: the classes and aliases that comments declare; their lines are found when a type names one.
local comments = require 'hilo.help.comments'
local read_file = require 'hilo.help.reader'

local classes = {}

local function lister() return require 'hilo.data.folder' end

local function paths_below(path, list)
   local folder = lister()
   for _, name in ipairs(folder.list(path)) do
      local full = path .. '/' .. name
      if name:match '%.lua$' then list[#list + 1] = full elseif folder.is_folder(full) then paths_below(full, list) end
   end
   return list
end

local places, aliases -- name -> list of paths; name -> type

local function look()
   if places then return end
   places, aliases = {}, {}
   local root = debug.getinfo(1, 'S').source:match '^@(.*)/checked/classes%.lua$'
   for _, path in ipairs(paths_below(root, {})) do
      local file = io.open(path)
      local text = file and file:read '*a' or ''
      if file then file:close() end
      for name in text:gmatch '%-%-%-@class%s+([%w_.]+)' do
         places[name] = places[name] or {}
         table.insert(places[name], path)
      end
      for name, kind in text:gmatch '%-%-%-@alias%s+([%w_.]+)%s+([^\n]+)' do aliases[name] = kind end
   end
end

local function folder_of(path) return path:match '^(.*)/' end

-- The file that declares the class: the asker's own, one beside it, or the first.
local function file_of(name, near)
   look()
   local list = places[name] or {}
   for _, path in ipairs(list) do if path == near then return path end end
   for _, path in ipairs(list) do if near and folder_of(path) == folder_of(near) then return path end end
   return list[1]
end

--- The fields that a class declares, with those of what it extends.
---@param name string
---@param near? string path of the file that asks
---@return Described[]? fields nil where there is no such class, or it declares none
---@return boolean? options it names what may be given, as its name says: other keys are mistakes
function classes.fields(name, near)
   local path = file_of(name, near)
   if not path then return nil end
   for _, defined in ipairs(read_file(path).list) do
      local comment = defined.block and comments.read(defined.block)
      if comment and comment.class == name then
         local list = {}
         for _, parent in ipairs(comment.extends) do
            for _, field in ipairs(classes.fields(parent, path) or {}) do list[#list + 1] = field end
         end
         for _, field in ipairs(comment.fields) do list[#list + 1] = field end
         return #list > 0 and list or nil, name:match 'Options$' ~= nil
      end
   end
   return nil
end

--- The type that an alias stands for.
---@param name string
---@return string?
function classes.alias(name)
   look()
   return aliases[name]
end

return classes
