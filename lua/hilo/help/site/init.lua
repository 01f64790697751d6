--- help/site/init.lua: the manual as HTML pages: the concepts, and a page of the reference for each part of hilo.
local cjson = require 'cjson'
local entries = require 'hilo.help.entries'
local folder = require 'hilo.data.folder'
local file = require 'hilo.io.file'
local frame = require 'hilo.help.site.frame'
local h = require 'hilo.report.html'
local links = require 'hilo.help.site.links'
local markdown = require 'hilo.help.site.markdown'
local pages = require 'hilo.help.pages'
local search = require 'hilo.help.search'
local search_script = require 'hilo.help.site.search'
local site_entry = require 'hilo.help.site.entry'
local text = require 'hilo.help.text'

local function write(path, content) file.write(path, function(out) out(content) end) end

local function title_of(group)
   if group == 'objects' then return 'Objects that functions return' end
   if group == 'prompt' then return 'At the prompt' end
   if group == 'hilo' or group == 'Tensor' or group == 'nn' or group == 'optim' then return group end
   return 'hilo.' .. group
end

-- The first sentence of a page.
local function summary_of_page(page)
   local paragraph = page.text:match('^#[^\n]*\n+([^#|\n][^#|]-)\n\n') or ''
   return search.first_sentence(paragraph)
end

local function summary_of_group(group)
   if group.name == 'objects' then return 'What functions give back, by the names of its classes.' end
   if group.name == 'prompt' then return 'What is to hand there besides hilo, nn and optim.' end
   if group.name == 'hilo' then return 'Functions of tensors, pure and differentiable, and what makes tensors.' end
   local entry = entries.named(group.name)
   return entry and search.first_sentence(entries.text(entry)) or ''
end

local function contents_of(groups)
   local concepts, reference = {}, {}
   for i, page in ipairs(pages.all()) do
      concepts[i] = {href = page.name .. '.html', title = page.title, summary = summary_of_page(page)}
   end
   for i, group in ipairs(groups) do
      reference[i] = {href = ('ref-%s.html'):format(group.name), title = title_of(group.name), summary = summary_of_group(group)}
   end
   return {{title = 'Guide', items = concepts}, {title = 'Reference', items = reference}}
end

local function short_list(group)
   local items = {}
   for _, entry in ipairs(group.entries) do
      if not entry.same_as then
         items[#items + 1] = h.li {h.a {href = '#' .. links.id(entry.name), h.code {text.full_name(entry)}}, ' ',
            h.span {class = 'soft', site_entry.summary(entry)}}
      end
   end
   return h.details {open = #items <= 40 and '' or nil, h.summary {('%d names'):format(#items)},
      h.ul {class = 'listing', items}}
end

local function reference_page(group)
   local parts = {}
   for i, entry in ipairs(group.entries) do parts[i] = site_entry.html(entry) end
   return {href = ('ref-%s.html'):format(group.name), title = title_of(group.name),
      content = {h.h1 {title_of(group.name)}, short_list(group), parts}}
end

local beginning = 'The [tutorial](tutorial.html) goes from pictures on disk to the report of a sweep. `hilo` without a script is a '
   .. '[prompt](prompt.html), where `?x` tells what x is and `? words` looks through all of these texts, as the search above does; '
   .. '`hilo help NAME` tells the same in the shell.'

local function start_page(contents)
   local parts = {h.h1 {'hilo'}, h.p {markdown.inline(entries.text(entries.named 'hilo'):match('^(.-)\n'))},
      h.p {markdown.inline(beginning)}}
   for _, group in ipairs(contents) do
      local items = {}
      for i, item in ipairs(group.items) do
         items[i] = h.li {h.a {href = item.href, item.title}, ' ', h.span {class = 'soft', markdown.inline(item.summary)}}
      end
      parts[#parts + 1] = {h.h2 {group.title}, h.ul {class = 'listing', items}}
   end
   return {href = 'index.html', title = 'Manual', content = parts}
end

-- What the search looks through: names, addresses, summaries and texts.
local function names_script()
   local list = {}
   for _, page in ipairs(pages.all()) do
      list[#list + 1] = {n = page.title, h = page.name .. '.html', k = page.name, s = '', t = page.words}
   end
   for _, entry in ipairs(entries.all()) do
      if not entry.same_as then
         list[#list + 1] = {n = text.full_name(entry), h = links.of_entry(entry), s = search.first_sentence(entries.text(entry)),
            t = search.haystack(entry)}
      end
   end
   return 'var names = ' .. cjson.encode(list) .. ';\n'
end

--- Writes the manual into a folder, which is made where it is missing.
---@param path string
---@return integer pages that were written
return function(path)
   folder.make(path)
   local groups = links.groups()
   local contents, list = contents_of(groups), {}
   list[1] = start_page(contents)
   for _, page in ipairs(pages.all()) do
      list[#list + 1] = {href = page.name .. '.html', title = page.title, content = markdown.html(page.text)}
   end
   for _, group in ipairs(groups) do list[#list + 1] = reference_page(group) end
   for _, page in ipairs(list) do write(path .. '/' .. page.href, frame.render(page, contents)) end
   write(path .. '/names.js', names_script())
   write(path .. '/search.js', search_script)
   return #list
end
