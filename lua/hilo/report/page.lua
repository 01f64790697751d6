--- report/page.lua: the frame of every report: one file that needs nothing else and loads nothing.
local h = require 'hilo.report.html'
local script = require 'hilo.report.script'
local style = require 'hilo.report.style'

local page = {}

-- Pictures and style that are inside, our script, and nothing else: a name that smuggled in markup could neither run nor load anything.
local policy = ("default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-%s'; base-uri 'none'; "
   .. "form-action 'none'"):format(script.hash)

---@class Section
---@field id string
---@field title string
---@field [1] any what it holds

--- A part of the page under a heading.
---@param section Section
---@param level? integer of the heading, 2
---@return Html
function page.section(section, level)
   local heading = h.element('h' .. (level or 2), {id = section.id .. '-title', section.title})
   return h.section {id = section.id, ['aria-labelledby'] = section.id .. '-title', heading, section[1]}
end

local function contents(sections)
   local items = {}
   for i, section in ipairs(sections) do items[i] = h.li {h.a {href = '#' .. section.id, section.title}} end
   return h.nav {['aria-label'] = 'Sections', h.div {class = 'wide', h.ul(items)}}
end

--- The whole file.
---@param options {title: string, lead: any, sections: Section[], foot: string}
---@return string
function page.render(options)
   local sections = {}
   for i, section in ipairs(options.sections) do sections[i] = page.section(section) end
   local head = h.head {
      h.meta {charset = 'utf-8'},
      h.meta {['http-equiv'] = 'Content-Security-Policy', content = policy},
      h.meta {name = 'viewport', content = 'width=device-width, initial-scale=1'},
      h.meta {name = 'color-scheme', content = 'light dark'},
      h.meta {name = 'generator', content = 'hilo report'},
      h.title {options.title},
      h.link {rel = 'icon', href = 'data:,'},
      h.style {h.raw(style)},
   }
   local body = h.body {
      h.a {class = 'skip', href = '#main', 'Skip to the content'},
      h.header {class = 'top', h.div {class = 'wide', h.h1 {options.title}, options.lead}},
      contents(options.sections),
      h.main {id = 'main', tabindex = -1, h.div {class = 'wide', sections}},
      h.footer {h.div {class = 'wide', options.foot}},
      h.script {h.raw(script.text)},
   }
   return '<!DOCTYPE html>\n' .. tostring(h.html {lang = 'en', head, body}) .. '\n'
end

return page
