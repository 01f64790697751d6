--- data/layouts/drawn.lua: label maps drawn from annotation files, as palette PNGs in the cache. They are drawn once for each state of
--- those files.
local hilo = require 'hilo'
local core = require 'hilo.core'
local cache = require 'hilo.data.cache'
local folder = require 'hilo.data.folder'
local palettes = require 'hilo.data.classes'
local raster = require 'hilo.data.raster'

local drawn = {}

--- The set that annotation files describe, from the cache or by `draw`.
---@param root string
---@param kind string what the files are, and the options that matter, for the key
---@param paths string[] annotation files, relative to root
---@param images string[] those that there are, relative to root
---@param draw fun(save: fun(name: string, labels: Tensor)): table fields of the set but labels
---@return table fields with labels, a path by name
function drawn.set(root, kind, paths, images, draw)
   local parts = {'2', kind, cache.key(table.concat(images, '\n'))}
   for _, path in ipairs(paths) do parts[#parts + 1] = path .. ' ' .. cache.stamp(root .. '/' .. path) end
   local path = cache.folder(root, cache.key(table.concat(parts, '\n')))
   local fields = cache.load(path .. '/set.json')
   if not fields then
      local palette, labels = {}, {}
      local rgb = palettes.palette(256)
      for i = 1, 256 do palette[i] = {rgb[3 * i - 2], rgb[3 * i - 1], rgb[3 * i]} end
      fields = draw(function(name, map)
         local relative = name .. '.png'
         if relative:find('/', 1, true) then folder.make(path .. '/' .. relative:match('^(.*)/')) end
         hilo.io.image.save(path .. '/' .. relative, map, {palette = palette})
         labels[name] = relative
      end)
      fields.labels = labels
      cache.save(path .. '/set.json', fields)
   end
   -- an empty table has no kind in JSON, and the paths are relative so that a set can move
   local whole = {}
   for name, relative in pairs(fields.labels) do whole[name] = path .. '/' .. relative end
   fields.labels, fields.label_folder = whole, path
   for name, relative in pairs(fields.images) do fields.images[name] = root .. '/' .. relative end
   return fields
end

--- A label map and a mask to draw with; `paint(class)` writes what the mask holds.
---@return Tensor labels (h,w) bytes of 0, ffi.cdata* mask uint8_t[h*w], fun(class: integer) paint
function drawn.canvas(h, w, where)
   core.check(type(h) == 'number' and type(w) == 'number' and h >= 1 and w >= 1 and h * w < 2 ^ 28, '%s: it has no proper size', where)
   local labels, mask = hilo.ByteTensor(h, w):zero(), raster.mask(h, w)
   local pixels = labels:data()
   return labels, mask, function(class) raster.paint(pixels, mask, h, w, class) end
end

return drawn
