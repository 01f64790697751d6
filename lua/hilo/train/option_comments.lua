--- train/option_comments.lua: what a script says of its options in its own source: behind each, as a comment, in the table that it
--- gives to train.options. `script.lua help` and completion show that.
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'

-- The same line with nothing in its strings, as long as it was.
local function without_strings(line)
   return (line:gsub("'[^']*'", function(s) return ("'%s'"):format(('.'):rep(#s - 2)) end)
      :gsub('"[^"]*"', function(s) return ('"%s"'):format(('.'):rep(#s - 2)) end))
end

-- The keys of a line that is whole: `lr = 0.1, betas = {0.9, 0.99}, -- of Adam`.
local function keys_of(code)
   local keys = {}
   local outside = code:gsub('%b{}', '{}'):gsub('%b()', '()')
   if outside:find '[{}(]%s*$' and not outside:find '{}%s*$' then return keys end
   for key in (',' .. outside):gmatch '[,{]%s*([%a_][%w_]*)%s*=[^=]' do keys[#keys + 1] = key end
   return keys
end

-- Lines of the table, from train.options to the } that begins a line.
local function table_of(text)
   local lines, inside = {}, false
   for line in (text .. '\n'):gmatch '([^\n]*)\n' do
      if inside and line:find '^}' then return lines end
      if inside then lines[#lines + 1] = line end
      inside = inside or line:find('train%.options') ~= nil
   end
   return {}
end

--- The comment behind each option, by key; a line that is a comment alone goes on with the one before it.
---@param path string of the script
---@return table<string, string>
return function(path)
   local said, before = {}, {}
   if not folder.is_file(path) then return said end
   for _, line in ipairs(table_of(file.read(path))) do
      local bare = without_strings(line)
      local at = bare:find '%-%-'
      local keys = keys_of(bare:sub(1, at and at - 1))
      local comment = at and line:sub(at):match '^%-%-%s*(.*)$'
      if at and bare:sub(1, at - 1):find '^%s*$' then
         for _, key in ipairs(before) do said[key] = said[key] .. ' ' .. comment end
      elseif comment then
         for _, key in ipairs(keys) do said[key] = comment end
         before = keys
      else
         before = {}
      end
   end
   return said
end
