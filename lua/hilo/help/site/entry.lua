--- help/site/entry.lua: an entry as HTML.
local entries = require 'hilo.help.entries'
local h = require 'hilo.report.html'
local links = require 'hilo.help.site.links'
local markdown = require 'hilo.help.site.markdown'
local other_names = require 'hilo.help.other_names'
local search = require 'hilo.help.search'
local text = require 'hilo.help.text'

-- The names of its parameters, which other functions may have too.
local function own_words(entry)
   local words = {}
   for _, one in ipairs(entry.parameters) do words[one.name] = true end
   return words
end

-- Prose: paragraphs; lines that are indented stay lines; examples.
local function prose(entry)
   local out, run, block, own = {}, {}, {}, own_words(entry)
   local examples = entries.examples(entry)
   local function flush()
      if #run > 0 then out[#out + 1] = h.p {markdown.inline(table.concat(run, ' '), own)} end
      if #block > 0 then out[#out + 1] = h.pre {table.concat(block, '\n')} end
      run, block = {}, {}
   end
   for line in (entries.text(entry) .. '\n'):gmatch('([^\n]*)\n') do
      local example = line:match('^\1(%d+)$')
      if example then
         flush()
         out[#out + 1] = h.pre {class = 'example', h.code {examples[tonumber(example)]}}
      elseif line:match('^%s+%S') then
         if #run > 0 then flush() end
         block[#block + 1] = line
      elseif line == '' then
         flush()
      else
         if #block > 0 then flush() end
         run[#run + 1] = line
      end
   end
   flush()
   return out
end

-- A type, with the classes in it leading to their entries.
local function type_of(kind)
   local parts, at = {}, 1
   for from, name, to in kind:gmatch('()([%a][%w.]*)()') do
      local entry = name:match('%u') and (entries.named(name) or entries.named('nn.' .. name))
      if entry then
         parts[#parts + 1] = kind:sub(at, from - 1)
         parts[#parts + 1] = h.a {href = links.of_entry(entry), name}
         at = to
      end
   end
   parts[#parts + 1] = kind:sub(at)
   return h.code(parts)
end

local function described(title, list, own)
   if #list == 0 then return nil end
   local rows = {}
   for i, one in ipairs(list) do
      local name = one.name ~= '' and h.code {one.name .. (one.optional and '?' or '')} or nil
      rows[i] = h.tr {h.td {class = 'short', name}, h.td {type_of(one.type)}, h.td {class = 'long', markdown.inline(one.text, own)}}
   end
   return {h.h4 {title}, h.div {class = 'scroll', h.table {h.tbody(rows)}}}
end

local function errors_of(entry)
   local messages = text.errors(entry)
   if #messages == 0 then return nil end
   for i, message in ipairs(messages) do messages[i] = h.li {h.code {message}} end
   return {h.h4 {'Errors'}, h.ul(messages)}
end

local function others(entry)
   local notes = {}
   if entry.same_as then
      local same = entries.named(entry.same_as)
      notes[#notes + 1] = {'The same as ', h.a {href = links.of_entry(same), h.code {entry.same_as}}, '. '}
   end
   for _, row in ipairs(other_names.of(entry)) do notes[#notes + 1] = {row.library, ': ', h.code {row.name}, '. '} end
   return notes
end

local function overloads_of(entry)
   local lines = {}
   for i, line in ipairs(text.overloads(entry)) do lines[i] = h.p {h.code {line}} end
   return lines
end

local site_entry = {}

--- The first sentence of its text.
---@param entry Entry
---@return any content for html
function site_entry.summary(entry) return markdown.inline(search.first_sentence(entries.text(entry)), own_words(entry)) end

--- The part of a page that tells of an entry.
---@param entry Entry
---@return Html
function site_entry.html(entry)
   local own = own_words(entry)
   return h.section {
      id = links.id(entry.name), class = 'entry',
      h.h3 {h.code {text.signature(entry)}},
      overloads_of(entry),
      not entry.same_as and prose(entry) or nil,
      entry.comment and entry.comment.type and #entry.parameters == 0 and h.p {type_of(entry.comment.type)} or nil,
      not entry.same_as and {described('Parameters', entry.parameters, own), described('Returns', entry.results, own),
         described('Fields', text.public_fields(entry)), errors_of(entry)} or nil,
      h.p {class = 'soft', others(entry), entry.file and ('%s:%d'):format(text.short_path(entry.file), entry.line) or nil},
   }
end

return site_entry
