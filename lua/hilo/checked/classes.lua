--- checked/classes.lua: the classes and aliases that comments declare; their lines are found when a type names one.
local file = require 'hilo.io.file'
local comments = require 'hilo.help.comments'
local read_file = require 'hilo.help.reader'
local sources = require 'hilo.help.sources'

local classes = {}

local places, aliases -- name -> list of paths; name -> type

local function look()
   if places then return end
   local where, types = {}, {}
   for _, path in ipairs(sources()) do
      local text = file.read(path)
      for name in text:gmatch '%-%-%-@class%s+([%w_.]+)' do
         where[name] = where[name] or {}
         table.insert(where[name], path)
      end
      for name, kind in text:gmatch '%-%-%-@alias%s+([%w_.]+)%s+([^\n]+)' do types[name] = kind end
   end
   places, aliases = where, types -- whole, or not at all where Ctrl-C comes
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
