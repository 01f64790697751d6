--- data/convert.lua: label maps that worker threads do not read, as PNGs of ids in the cache: colour-coded ones, grey ones saved as
--- RGB, ids of 16 bits. Each file is converted once and again when it has changed.
local hilo = require 'hilo'
local core = require 'hilo.core'
local cache = require 'hilo.data.cache'
local folder = require 'hilo.data.folder'
local voc_colours = require 'hilo.data.known.voc_colours'

local convert = {}

local void = 255

-- What a converter says of a file that it cannot convert.
local function refuse(path, format, ...) core.raise(('data: %s: %s'):format(path, format:format(...))) end

local function name_of(key) return ('%d %d %d'):format(math.floor(key / 65536), math.floor(key / 256) % 256, key % 256) end

--- Colours -> classes.
---@param colours (integer|string)[][] {r, g, b, class or 'void'}
---@return fun(path: string): Tensor
function convert.colours(colours)
   local class_of = {}
   for _, c in ipairs(colours) do class_of[c[1] * 65536 + c[2] * 256 + c[3]] = c[4] == 'void' and void or c[4] end
   return function(path)
      local rgb = hilo.io.image.load(path, {as = 'rgb'})
      local h, w = rgb:size(2), rgb:size(3)
      local labels, n = hilo.ByteTensor(h, w), h * w
      local from, to = rgb:data(), labels:data()
      local last, class = -1, void
      for i = 0, n - 1 do
         local key = from[i] * 65536 + from[n + i] * 256 + from[2 * n + i]
         if key ~= last then
            last, class = key, class_of[key]
            if not class then
               refuse(path, 'the colour %s at (x %d, y %d) is not in the table of colours; add a line `name %s` to it, or `void %s`',
                  name_of(key), i % w, math.floor(i / w), name_of(key), name_of(key))
            end
         end
         to[i] = class
      end
      return labels
   end
end

--- Ids of 16 bits, of grey with alpha, or of grey saved as RGB -> classes.
---@param class_of (fun(id: integer): integer)?
---@return fun(path: string): Tensor
function convert.ids(class_of)
   return function(path)
      local pixels = hilo.io.image.load(path)
      local n = pixels:dim()
      local h, w, channels = pixels:size(n - 1), pixels:size(n), n == 3 and pixels:size(1) or 1
      local labels = hilo.ByteTensor(h, w)
      local from, to = pixels:data(), labels:data()
      for i = 0, h * w - 1 do
         local id = from[i]
         if channels >= 3 and (from[h * w + i] ~= id or from[2 * h * w + i] ~= id) then
            refuse(path, 'it is colour-coded at (x %d, y %d), others of the set are grey; give the colours by data.colours', i % w,
               math.floor(i / w))
         end
         local class = class_of and class_of(id) or id
         if class > 255 then
            refuse(path, 'id %d at (x %d, y %d) does not fit a byte; map ids to classes, as in data.map=%d:0,...', id, i % w,
               math.floor(i / w), id)
         end
         to[i] = class
      end
      return labels
   end
end

local function palette_of(colours)
   local rgb, palette = voc_colours(256), {}
   for i = 1, 256 do palette[i] = {rgb[3 * i - 2], rgb[3 * i - 1], rgb[3 * i]} end
   local seen = {}
   for _, c in ipairs(colours or {}) do
      local i = c[4] == 'void' and 256 or c[4] + 1
      if not seen[i] then
         seen[i] = true
         palette[i] = {c[1], c[2], c[3]}
      end
   end
   return palette
end

local many = 200 -- files; fewer take no time that one would ask about

--- Converts the label maps of a set.
---@param root string
---@param labels table<string, string> name -> path
---@param how {key: string, read: (fun(path: string): Tensor), colours: table?, what: string} key: all that the result depends on
---@return table<string, string> labels, string path of the folder they are in
function convert.all(root, labels, how)
   local path = cache.folder(root, cache.key('1 ' .. how.key))
   local stamps, out, names, changed = cache.load(path .. '/stamps.json') or {}, {}, {}, {}
   for name in pairs(labels) do names[#names + 1] = name end
   table.sort(names)
   for _, name in ipairs(names) do
      out[name] = ('%s/%s.png'):format(path, name)
      local stamp = labels[name] .. ' ' .. cache.stamp(labels[name])
      if stamps[name] ~= stamp or not folder.is_file(out[name]) then changed[#changed + 1] = {name = name, stamp = stamp} end
   end
   if #changed >= many then io.stderr:write(('converting %d %s label maps into %s, once\n'):format(#changed, how.what, path)) end
   local palette = palette_of(how.colours)
   for _, item in ipairs(changed) do
      if item.name:find('/', 1, true) then folder.make(path .. '/' .. item.name:match('^(.*)/')) end
      hilo.io.image.save(out[item.name], how.read(labels[item.name]), {palette = palette})
      stamps[item.name] = item.stamp
   end
   if #changed > 0 then cache.save(path .. '/stamps.json', stamps) end
   return out, path
end

return convert
