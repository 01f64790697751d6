--- plot/svg.lua: gnuplot's SVG made fit for a page: any number of them on one, in light and dark, read aloud, and smaller.
local bit = require 'bit'
local text = require 'hilo.plot.text'

local svg = {}

local drawn = 0

-- FNV-1a. With the count of pictures it keeps the ids of two pictures apart, also of pictures that two processes made.
local function hash(s)
   local h = 0x811c9dc5
   for i = 1, #s do
      h = bit.bxor(h, s:byte(i))
      h = bit.tobit(h + bit.lshift(h, 1) + bit.lshift(h, 4) + bit.lshift(h, 7) + bit.lshift(h, 8) + bit.lshift(h, 24))
   end
   return bit.tohex(h)
end

-- Marks of points that no series uses are left out; a mark may stand on another.
local function used_marks(defs, body)
   local marks, wanted = {}, {}
   for element, id in defs:gmatch("(<%a+[^>]-id='(gp%w+)'[^>]*>)") do marks[#marks + 1] = {id = id, element = element} end
   for id in body:gmatch("xlink:href='#(gp%w+)'") do wanted[id] = true end
   local kept = {}
   for i = #marks, 1, -1 do
      local mark = marks[i]
      if wanted[mark.id] then
         table.insert(kept, 1, mark.element)
         local base = mark.element:match("xlink:href='#(gp%w+)'")
         if base then wanted[base] = true end
      end
   end
   return table.concat(kept, '\n')
end

local function tag(prefix)
   local function hex(r, g, b) return ('#%02x%02x%02x'):format(r, g, b) end
   return function(t)
      if #t < 8 then return t end
      return (t:gsub(' font%-family="[^"]*"', ''):gsub(' color="black"', ''):gsub('([\'"])black%1', '%1currentColor%1')
         :gsub("id='gp", "id='" .. prefix .. 'gp'):gsub("href='#gp", "href='#" .. prefix .. 'gp')
         :gsub('rgb%(%s*(%d+),%s*(%d+),%s*(%d+)%)', hex):gsub('#000000', 'currentColor'))
   end
end

local head_form = [[<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="hilo-plot"
 viewBox="0 0 WIDTH HEIGHT" width="100%" style="max-width:WIDTHpx" role="img" aria-labelledby="PREFIXtitle PREFIXdesc" fill="none"
 font-family="Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif">]]

--- The picture as an <svg> element.
---@param raw string what gnuplot's svg terminal wrote
---@param w integer
---@param h integer
---@param names {title: string, desc: string, hover: string[]} hover: what a pointer on the element of the plot command shows
---@return string
function svg.polish(raw, w, h, names)
   local defs = raw:match('<defs>(.-)</defs>') or ''
   local body = (raw:match('</defs>(.*)</g>%s*</svg>') or '')
   body = body:gsub('<g id="gnuplot_plot_(%d+)[^>]*><title>[^<]*</title>', function(i)
      local name = names.hover[tonumber(i)] or ''
      return name == '' and '<g>' or '<g><title>' .. text.xml(name) .. '</title>'
   end)
   body = body:gsub(" shape%-rendering='crispEdges'(>%s*<polygon fill = '[^']*' fill%-opacity = '0%.18)", '%1') -- the edges of bands
   local before
   repeat
      before = #body
      body = body:gsub('<g [^>]*>%s*</g>%s*', '')
   until #body == before
   drawn = drawn + 1
   local prefix = ('plot%d-%s-'):format(drawn, hash(body))
   local clean = tag(prefix)
   local marks = used_marks(defs, body)
   if marks ~= '' then marks = '<defs>\n' .. marks .. '\n</defs>\n' end
   local content = (marks .. body):gsub('(<[^<>]*>)([^<]*)', function(t, words) return clean(t) .. words:gsub('>', '&gt;') end)
      :gsub('\n%s+', '\n')
   local head = head_form:gsub('PREFIX', prefix):gsub('WIDTH', w):gsub('HEIGHT', h)
   return ('%s\n<title id="%stitle">%s</title>\n<desc id="%sdesc">%s</desc>\n%s</svg>\n'):format(head, prefix, text.xml(names.title),
      prefix, text.xml(names.desc), content)
end

return svg
