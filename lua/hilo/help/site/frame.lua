--- help/site/frame.lua: what every page of the manual has around its content: contents, a search, style.
local h = require 'hilo.report.html'
local style = require 'hilo.report.style'

local frame = {}

local own_style = [[
.manual { display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: 2rem; max-width: 84rem; margin: 0 auto; padding: 0 1rem; }
.manual nav { border: 0; padding: 1rem 0; font-size: .93rem; }
.manual nav ul { display: block; padding: 0; }
.manual nav h2 { font-size: .85rem; color: var(--soft); margin: 1rem 0 .2rem; }
.manual nav a[aria-current] { font-weight: 700; color: inherit; text-decoration: none; }
.find { position: relative; }
.find input { font: inherit; width: 100%; max-width: 30rem; padding: .35rem .6rem; border: 1px solid var(--soft); border-radius: 4px;
  background: var(--ground); color: var(--text); }
#found { list-style: none; margin: .3rem 0 0; padding: 0; max-width: 60rem; }
#found:not(:empty) { margin-bottom: 2rem; }
#found li { padding: .2rem 0; border-bottom: 1px solid var(--line); }
#found span { color: var(--soft); margin-left: .6rem; }
section.entry { padding: 1rem 0 .3rem; }
section.entry h3 { margin: 0 0 .4rem; font-size: 1.1rem; }
section.entry h3 code { font-weight: 700; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
section.entry:target { border-left: 4px solid var(--accent); padding-left: .8rem; }
td.short code { overflow-wrap: normal; }
pre.example { border-left: 3px solid var(--accent); }
ul.listing { list-style: none; padding: 0; max-width: none; }
ul.listing li { display: grid; grid-template-columns: minmax(0, 17rem) minmax(0, 1fr); gap: 0 1.2rem; padding: .2rem 0;
  border-bottom: 1px solid var(--line); }
ul.listing a { overflow-wrap: anywhere; }
.to-contents { display: none; }
@media (max-width: 50rem) {
  .manual { display: flex; flex-direction: column-reverse; gap: 0; }
  .to-contents { display: block; }
  ul.listing li { display: block; }
}
]]

local function list(items, current)
   local out = {}
   for i, item in ipairs(items) do
      out[i] = h.li {h.a {href = item.href, ['aria-current'] = item.href == current and 'page' or nil, item.title}}
   end
   return h.ul(out)
end

---@class SitePage
---@field href string its file
---@field title string
---@field content any

--- The whole file.
---@param page SitePage
---@param contents {title: string, items: {href: string, title: string}[]}[]
---@return string
function frame.render(page, contents)
   local groups = {}
   for i, group in ipairs(contents) do groups[i] = {h.h2 {group.title}, list(group.items, page.href)} end
   local head = h.head {
      h.meta {charset = 'utf-8'},
      h.meta {name = 'viewport', content = 'width=device-width, initial-scale=1'},
      h.meta {name = 'color-scheme', content = 'light dark'},
      h.title {page.title .. ' - hilo'},
      h.link {rel = 'icon', href = 'data:,'},
      h.style {h.raw(style .. own_style)},
   }
   local body = h.body {
      h.a {class = 'skip', href = '#main', 'Skip to the content'},
      h.div {class = 'manual',
         h.nav {id = 'contents', ['aria-label'] = 'Contents', h.a {href = 'index.html', h.strong {'hilo'}}, groups},
         h.main {id = 'main', tabindex = -1,
            h.p {class = 'to-contents', h.a {href = '#contents', 'Contents'}},
            h.div {class = 'find', h.p {h.label {['for'] = 'words', 'Search '},
               h.input {id = 'words', type = 'search', autocomplete = 'off', placeholder = 'a name or words'}},
               h.ul {id = 'found', ['aria-live'] = 'polite'}},
            page.content},
      },
      h.script {src = 'names.js', ''},
      h.script {src = 'search.js', ''},
   }
   return '<!DOCTYPE html>\n' .. tostring(h.html {lang = 'en', head, body}) .. '\n'
end

return frame
