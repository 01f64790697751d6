--- prompt/complete/strings.lua: inside a string: modules after `require`, runs after `open`, else files.
local attempt = require 'hilo.prompt.attempt'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'

local strings = {}

--- Where the string begins that is open at the end of the text.
---@param text string
---@return integer? position of the quote
function strings.begins(text)
   local quote, at, i = nil, nil, 1
   while i <= #text do
      local c = text:sub(i, i)
      if quote then
         if c == '\\' then
            i = i + 1
         elseif c == quote then
            quote = nil
         end
      elseif c == '"' or c == "'" then
         quote, at = c, i
      elseif text:sub(i, i + 1) == '--' then
         return nil
      end
      i = i + 1
   end
   return quote and at
end

local function listed(path)
   local ok, list = attempt(folder.list, path == '' and '.' or path)
   return ok and list or {}
end

local function modules(root, prefix, list)
   for _, name in ipairs(listed(root)) do
      local module, path = name:match('^([%w_]+)%.lua$'), root .. '/' .. name
      if module and module ~= 'init' then list[#list + 1] = prefix .. module end
      if not module and folder.is_folder(path) and not name:find('%.') then
         if folder.is_file(path .. '/init.lua') then list[#list + 1] = prefix .. name end
         modules(path, prefix .. name .. '.', list)
      end
   end
   return list
end

--- The files whose paths begin with the text; folders end in '/'.
---@param text string
---@return string[]
function strings.files(text)
   local list, at, part = {}, text:match('^(.*/)') or '', text:match('[^/]*$')
   local place = at:gsub('^~/', (os.getenv('HOME') or '') .. '/')
   for _, name in ipairs(listed(place)) do
      if name:sub(1, #part) == part and (name:sub(1, 1) ~= '.' or part:sub(1, 1) == '.') then
         list[#list + 1] = at .. name .. (folder.is_folder(place .. name) and '/' or '')
      end
   end
   return list
end

--- What a string can become.
---@param before string the line up to its quote
---@param text string of it
---@return string[]
---@return boolean ended whether a single match ends the string
function strings.candidates(before, text)
   local list
   if before:find('require%s*%(?%s*$') then
      list = modules(core.root .. 'lua/hilo', 'hilo.', {'hilo'})
      for name in pairs(package.loaded) do list[#list + 1] = name end
   elseif before:find('open%s*%(?%s*$') and not text:find('/', 1, true) then
      list = listed('runs')
   else
      list = strings.files(text)
   end
   local found = {}
   for _, name in ipairs(list) do
      if name:sub(1, #text) == text then found[#found + 1] = name end
   end
   return found, #found == 1 and found[1]:sub(-1) ~= '/'
end

return strings
