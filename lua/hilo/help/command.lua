--- help/command.lua: the shell's `hilo help`.
local command = require 'hilo.command'
local entries = require 'hilo.help.entries'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local help = require 'hilo.help'
local pages = require 'hilo.help.pages'

local usage = [[
usage: hilo help TOPIC               a name (hilo.conv2d, nn.Linear, Tensor:add), or a page
       hilo help search WORD ...     names and pages whose texts hold the words
       hilo help source NAME         the source of a name
       hilo help topics              all of them
       hilo help count               how many public names there are, and how many are told about
       hilo help site [FOLDER]       everything as HTML pages with a search, in build/docs
       hilo help annotations [FILE]  the names as language servers read them, in build/annotations/hilo.lua

pages: ]]

local function page_names()
   local names = {}
   for i, page in ipairs(pages.all()) do names[i] = page.name end
   return table.concat(names, ', ')
end

local function count()
   local told, examples = 0, 0
   for _, entry in ipairs(entries.all()) do
      if entry.comment then told = told + 1 end
      if not entry.same_as then examples = examples + #entries.examples(entry) end
   end
   for _, page in ipairs(pages.all()) do examples = examples + #pages.examples(page) end
   return ('%d public names, %d with an entry; %d pages; %d examples'):format(#entries.all(), told, #pages.all(), examples)
end

local actions = {}
function actions.search(words) return help.search(table.concat(words, ' ')) end
function actions.topics() return table.concat(help.topics(), '\n') end
function actions.count() return count() end

function actions.site(words)
   local path = words[1] or 'build/docs'
   return ('%d pages: %s/index.html'):format(require 'hilo.help.site'(path), path)
end

function actions.annotations(words)
   local path = words[1] or 'build/annotations/hilo.lua'
   folder.make(path:match('^(.*)/') or '.')
   local text = require 'hilo.help.annotations'()
   file.write(path, function(out) out(text) end)
   return path
end

function actions.source(words)
   local text, place = help.source(words[1] or '')
   return text and place .. '\n' .. text or ("there is no source of '%s'"):format(words[1] or '')
end

--- The command: takes the words after `hilo help`.
---@param words string[]
---@return integer status of the exit
return function(words)
   local action = actions[words[1]]
   if not words[1] or command.help({words[1]}, '') then
      print(usage .. page_names())
   elseif action then
      print(action({unpack(words, 2)}))
   else
      local known = pages.find(words[1]) or require('hilo.help.find').entry(words[1])
      print(help.show(words[1]))
      return known and 0 or 1
   end
   return 0
end
