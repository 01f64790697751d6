--- data/scenes.lua: draws the built-in data set: small outdoor scenes with label maps, in the layout of PASCAL VOC.
---
---     luajit data/scenes.lua out=data/scenes [train=800] [val=120] [size=96] [seed=1]
---     luajit data/scenes.lua out=folder layout=folders [labelled=30]
---
--- With layout=folders they lie as one's own pictures may: in photos/images and photos/masks the ones to train on, of which the first
--- `labelled` have a label map, and in new/ the others, without one.
---
--- Each picture is a landscape (sky, hills, and grass, sand, street, snow or water that vary in colour and texture) with one to four
--- of the seven kinds of objects, so most classes are absent from each. Objects of different classes share their colours; rocks,
--- crates and bushes, which count as background, share their textures and simple shapes: the class lies in form and texture together.
--- Pixels along the outlines of objects are void (255), as in VOC. Picture i depends on the seed and i alone.
if not pcall(require, 'hilo.core') then
   local root = (arg and arg[0] or ''):match('^(.*)data/[^/]*$') or './'
   package.path = ('%slua/?.lua;%slua/?/init.lua;%s?.lua;%s'):format(root, root, root, package.path)
end
local ffi = require 'ffi'
local bit = require 'bit'

local scenes = {}

scenes.version = 1 -- grows when the pictures change
scenes.classes = {'background', 'ball', 'boat', 'car', 'house', 'person', 'sheep', 'tree'}
local class_id = {}
for i, name in ipairs(scenes.classes) do class_id[name] = i - 1 end
local void = 255

local floor, min, max, abs, sqrt, sin, cos, pi = math.floor, math.min, math.max, math.abs, math.sqrt, math.sin, math.cos, math.pi

-- ---- random numbers (Park and Miller's generator) ----

local Random = {}
Random.__index = Random

local function new_random(seed, index)
   local r = setmetatable({state = (seed * 1000003 + index * 7919 + 12345) % 2147483646 + 1}, Random)
   for _ = 1, 8 do r:unit() end
   return r
end

--- A number of [0, 1).
function Random:unit()
   self.state = self.state * 48271 % 2147483647
   return (self.state - 1) / 2147483646
end

function Random:range(low, high) return low + (high - low) * self:unit() end
function Random:whole(low, high) return low + floor((high - low + 1) * self:unit()) end
function Random:chance(p) return self:unit() < p end
function Random:pick(list) return list[self:whole(1, #list)] end

-- ---- smooth noise: random values at whole positions, interpolated ----

local lattice, order = ffi.new('double[512]'), ffi.new('uint8_t[512]')
do
   local r = new_random(77, 0)
   for i = 0, 255 do lattice[i], order[i] = r:unit(), i end
   for i = 255, 1, -1 do
      local j = r:whole(0, i)
      order[i], order[j] = order[j], order[i]
   end
   for i = 0, 255 do lattice[i + 256], order[i + 256] = lattice[i], order[i] end
end

local band = bit.band

local function noise(x, y)
   local x0, y0 = floor(x), floor(y)
   local fx, fy = x - x0, y - y0
   fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
   local i, j = band(x0, 255), band(y0, 255)
   local a, b = order[i], order[i + 1]
   local v00, v10 = lattice[order[a + j]], lattice[order[b + j]]
   local v01, v11 = lattice[order[a + j + 1]], lattice[order[b + j + 1]]
   local top, bottom = v00 + (v10 - v00) * fx, v01 + (v11 - v01) * fx
   return top + (bottom - top) * fy
end

--- Three octaves, 0..1, mean 0.5.
local function cloud(x, y)
   return 0.57 * noise(x, y) + 0.29 * noise(x * 2.03 + 31.7, y * 2.03 + 11.3) + 0.14 * noise(x * 4.1 + 71.1, y * 4.1 + 53.9)
end

-- ---- colours ----

--- Hue in turns, saturation and value of 0..1 -> r, g, b.
local function hsv(h, s, v)
   h = (h - floor(h)) * 6
   local function channel(n)
      local k = (n + h) % 6
      return v - v * s * max(0, min(k, 4 - k, 1))
   end
   return {channel(5), channel(3), channel(1)}
end

--- Paint, cloth and plastic: any object may have any of them. A kind of thing that has a usual hue shows it more often than not.
local function paint_colour(r, usual)
   if usual and r:chance(0.7) then return hsv(usual + r:range(-0.05, 0.05), r:range(0.45, 0.9), r:range(0.4, 0.95)) end
   if r:chance(0.25) then
      local v = r:pick {0.15, 0.35, 0.6, 0.9}
      return {v, v * r:range(0.94, 1.04), v * r:range(0.92, 1.06)}
   end
   return hsv(r:unit(), r:range(0.35, 0.9), r:range(0.35, 0.95))
end

local function scaled(c, k) return {c[1] * k, c[2] * k, c[3] * k} end

-- ---- canvas ----

---@class Canvas
---@field size integer pixels, both sides
---@field rgb ffi.cdata* double (size, size, 3), 0..1
---@field object ffi.cdata* uint16 (size, size): number of the object on top, 0 for none
---@field classes integer[] class of each object
---@field light number -1 from the left .. 1 from the right

local canvas_type = ffi.typeof('double[?]')

local function new_canvas(size, r)
   return {size = size, rgb = canvas_type(size * size * 3), object = ffi.new('uint16_t[?]', size * size), classes = {},
      light = r:range(-1, 1)}
end

local function blend(canvas, at, c, red, green, blue)
   local rgb = canvas.rgb
   rgb[at] = rgb[at] + (red - rgb[at]) * c
   rgb[at + 1] = rgb[at + 1] + (green - rgb[at + 1]) * c
   rgb[at + 2] = rgb[at + 2] + (blue - rgb[at + 2]) * c
end

-- How a surface looks at (x, y), as a factor on its colour. `m` is a material:
--    grain     size of the texture in pixels
--    amount    strength of the texture
--    kind      'plain', 'cloud', 'leaves', 'wool', 'bricks', 'planks', 'stripes', 'wedges', 'spots'
local kinds = {plain = 0, cloud = 1, leaves = 2, wool = 3, bricks = 4, planks = 5, stripes = 6, wedges = 7, spots = 8}

local function texture(kind, grain, amount, x, y, phase)
   if kind == 0 then return 1 end
   local u, v = x / grain, y / grain
   if kind == 1 then return 1 + amount * (cloud(u + phase, v) - 0.5) * 2 end
   if kind == 2 then
      local n = cloud(u * 1.3 + phase, v * 1.3)
      local fine = noise(u * 4 + phase, v * 4)
      return 1 + amount * ((n - 0.5) * 1.6 + (fine - 0.5) * 1.1)
   end
   if kind == 3 then
      local n = noise(u * 2 + phase, v * 2)
      return 1 + amount * (abs(2 * n - 1) - 0.4) * 1.4
   end
   if kind == 4 then
      local row = floor(v)
      local across = (u * 0.5 + (row % 2) * 0.5) % 1
      local joint = (v - row < 0.22 or across < 0.12) and 1 or 0
      return 1 - amount * joint + amount * 0.5 * (noise(floor(u * 0.5 + (row % 2) * 0.5) * 3.7 + phase, row * 5.1) - 0.5)
   end
   if kind == 5 then
      local row = floor(v)
      return (v - row < 0.2 and 1 - amount or 1) + amount * 0.5 * (noise(u * 0.4 + row * 7.3 + phase, row * 3.3) - 0.5)
   end
   if kind == 6 then return v % 1 < 0.5 and 1 + amount * 0.5 or 1 - amount end
   return 1
end

--- Paints one pixel of object `id` (0 for none, -1 to leave the number as it is). d is the distance to the outline in pixels, negative
--- inside; the edge is smoothed over one pixel. (nx, ny) is the place within the shape, -1..1; m.round bends its surface to the light.
local function shade(canvas, id, m, x, y, d, at, nx, ny)
   local c = 0.5 - d
   if c <= 0 then return end
   if c > 1 then c = 1 end
   local k = texture(m.kind_id, m.grain, m.amount, x - m.x, y - m.y, m.phase)
   k = k * (1 + m.round * (nx * canvas.light * 0.45 - ny * 0.4))
   local red, green, blue = m.colour[1], m.colour[2], m.colour[3]
   if m.kind_id >= 7 then
      local other = m.other
      local mixed
      if m.kind_id == 7 then
         mixed = floor((math.atan2(ny + 0.25, nx + 0.2) + pi) / (2 * pi) * 6 + m.phase) % 2 == 0
      else
         mixed = noise((x - m.x) / m.grain + m.phase, (y - m.y) / m.grain) > 0.58
      end
      if mixed then red, green, blue = other[1], other[2], other[3] end
   end
   blend(canvas, at * 3, c, red * k, green * k, blue * k)
   if c > 0.5 and id >= 0 then canvas.object[at] = id end
end

local function material(r, colour, options)
   options = options or {}
   return {colour = colour, other = options.other or colour, kind_id = kinds[options.kind or 'plain'], grain = options.grain or 4,
      amount = options.amount or 0.3, round = options.round or 0, phase = r:range(0, 200), x = 0, y = 0}
end

local function box_of(canvas, left, top, right, bottom)
   local last = canvas.size - 1
   return max(0, floor(left) - 1), max(0, floor(top) - 1), min(last, floor(right) + 1), min(last, floor(bottom) + 1)
end

local function fill_ellipse(canvas, id, cx, cy, a, b, m)
   local x0, y0, x1, y1 = box_of(canvas, cx - a, cy - b, cx + a, cy + b)
   local size, scale = canvas.size, min(a, b)
   m.x, m.y = cx, cy
   for y = y0, y1 do
      for x = x0, x1 do
         local nx, ny = (x - cx) / a, (y - cy) / b
         local rr = nx * nx + ny * ny
         if rr < (1 + 1 / scale) ^ 2 then shade(canvas, id, m, x, y, (sqrt(rr) - 1) * scale, y * size + x, nx, ny) end
      end
   end
end

local edge_x, edge_y, edge_d = ffi.new('double[16]'), ffi.new('double[16]'), ffi.new('double[16]')

--- A convex polygon: points x1, y1, x2, y2, ... in either sense of rotation.
local function fill_polygon(canvas, id, points, m)
   local n = #points / 2
   local area, left, top, right, bottom = 0, math.huge, math.huge, -math.huge, -math.huge
   local edges = 0
   for i = 1, n do
      local x, y = points[2 * i - 1], points[2 * i]
      local j = i % n + 1
      area = area + x * points[2 * j] - points[2 * j - 1] * y
      left, right, top, bottom = min(left, x), max(right, x), min(top, y), max(bottom, y)
   end
   local sign = area > 0 and 1 or -1
   for i = 1, n do
      local x, y = points[2 * i - 1], points[2 * i]
      local j = i % n + 1
      local dx, dy = points[2 * j - 1] - x, points[2 * j] - y
      local length = sqrt(dx * dx + dy * dy)
      if length > 1e-6 then
         edge_x[edges], edge_y[edges] = sign * dy / length, -sign * dx / length
         edge_d[edges] = edge_x[edges] * x + edge_y[edges] * y
         edges = edges + 1
      end
   end
   local x0, y0, x1, y1 = box_of(canvas, left, top, right, bottom)
   local cx, cy, rx, ry, size = (left + right) / 2, (top + bottom) / 2, (right - left) / 2 + 0.5, (bottom - top) / 2 + 0.5, canvas.size
   m.x, m.y = left, bottom
   for y = y0, y1 do
      for x = x0, x1 do
         local d = -1e9
         for e = 0, edges - 1 do d = max(d, edge_x[e] * x + edge_y[e] * y - edge_d[e]) end
         if d < 0.5 then shade(canvas, id, m, x, y, d, y * size + x, (x - cx) / rx, (y - cy) / ry) end
      end
   end
end

local function fill_box(canvas, id, left, top, right, bottom, m)
   fill_polygon(canvas, id, {left, top, right, top, right, bottom, left, bottom}, m)
end

--- A limb from (x0, y0) to (x1, y1).
local function fill_limb(canvas, id, x0, y0, x1, y1, width, m)
   local dx, dy = x1 - x0, y1 - y0
   local k = width / 2 / max(1e-9, sqrt(dx * dx + dy * dy))
   fill_polygon(canvas, id, {x0 - dy * k, y0 + dx * k, x0 + dy * k, y0 - dx * k, x1 + dy * k, y1 - dx * k, x1 - dy * k, y1 + dx * k}, m)
end

--- Darkens the ground under something; belongs to the background.
local function cast_shadow(canvas, x, y, a, b)
   local x0, y0, x1, y1 = box_of(canvas, x - a, y - b, x + a, y + b)
   for py = y0, y1 do
      for px = x0, x1 do
         local d = ((px - x) / a) ^ 2 + ((py - y) / b) ^ 2
         if d < 1 then blend(canvas, (py * canvas.size + px) * 3, 0.5 * (1 - d), 0.05, 0.05, 0.08) end
      end
   end
end

-- ---- objects: each stands on (x, y) and is about `s` pixels tall or long ----

local draw = {}

function draw.house(canvas, id, r, x, y, s)
   local w, h = s * r:range(0.75, 1.2), s * r:range(0.5, 0.75)
   local wall = paint_colour(r, 0.07)
   local surface = r:pick {'bricks', 'planks', 'cloud', 'plain'}
   local front = material(r, wall, {kind = surface, grain = max(1.6, s * 0.06), amount = r:range(0.12, 0.4)})
   local left, right, top = x - w / 2, x + w / 2, y - h
   local turn = r:range(-0.35, 0.35) * w -- a second wall, seen at an angle
   local seam = turn > 0 and right - turn or left - turn
   fill_box(canvas, id, left, top, right, y, front)
   local side = material(r, scaled(wall, r:range(0.55, 0.8)), {kind = surface, grain = max(1.6, s * 0.06), amount = 0.3})
   if turn > 0 then fill_box(canvas, id, seam, top, right, y, side) else fill_box(canvas, id, left, top, seam, y, side) end
   local roof = material(r, r:chance(0.6) and hsv(r:range(-0.03, 0.08), r:range(0.3, 0.8), r:range(0.3, 0.7)) or paint_colour(r),
      {kind = 'bricks', grain = max(1.5, s * 0.05), amount = r:range(0.2, 0.45)})
   local eaves, rise = w * 0.07, s * r:range(0.2, 0.45)
   local ridge = r:pick {0, 0.3, 0.55}
   if r:chance(0.35) then
      local chimney = material(r, scaled(wall, 0.6), {kind = 'bricks', grain = 2})
      local cx = x + r:range(-0.25, 0.25) * w
      fill_box(canvas, id, cx, top - rise * 1.1, cx + max(2, w * 0.09), top, chimney)
   end
   fill_polygon(canvas, id, {left - eaves, top, x - w / 2 * ridge, top - rise, x + w / 2 * ridge, top - rise, right + eaves, top}, roof)
   local columns, rows = r:whole(2, 3), h > 24 and r:whole(1, 2) or 1
   local glass = material(r, r:chance(0.3) and {0.95, 0.85, 0.5} or {0.16, 0.2, 0.28}, {kind = 'cloud', grain = 3, amount = 0.5})
   local frame = material(r, r:chance(0.6) and {0.92, 0.92, 0.9} or scaled(wall, 0.4))
   local a = left + (turn < 0 and -turn or 0)
   local b = right - (turn > 0 and turn or 0)
   local door = r:whole(1, columns)
   for row = 1, rows do
      for column = 1, columns do
         local cx = a + (b - a) * (column - 0.5) / columns
         local half = (b - a) / columns * 0.24
         if row == rows and column == door then
            fill_box(canvas, id, cx - half, y - h * 0.55 / rows, cx + half, y, material(r, scaled(paint_colour(r), 0.6)))
         else
            local cy = top + h * (row - 0.5) / rows
            local tall = h / rows * 0.24
            fill_box(canvas, id, cx - half - 1, cy - tall - 1, cx + half + 1, cy + tall + 1, frame)
            fill_box(canvas, id, cx - half, cy - tall, cx + half, cy + tall, glass)
         end
      end
   end
end

local function leaf_colour(r)
   if r:chance(0.2) then return hsv(r:range(0.02, 0.14), r:range(0.5, 0.9), r:range(0.4, 0.8)) end
   return hsv(r:range(0.2, 0.38), r:range(0.3, 0.8), r:range(0.22, 0.6))
end

function draw.tree(canvas, id, r, x, y, s)
   local bark = material(r, hsv(r:range(0.04, 0.1), r:range(0.2, 0.5), r:range(0.2, 0.5)), {kind = 'cloud', grain = 2, amount = 0.5,
      round = 0.8})
   local lean, thick = r:range(-0.06, 0.06) * s, max(2, s * r:range(0.05, 0.1))
   local leaves = leaf_colour(r)
   fill_polygon(canvas, id, {x - thick * 0.7, y, x + thick * 0.7, y, x + lean + thick * 0.4, y - s * 0.6, x + lean - thick * 0.4,
      y - s * 0.6}, bark)
   local grain = max(2, s * r:range(0.06, 0.12))
   if r:chance(0.35) then -- a conifer
      local tiers = r:whole(3, 4)
      for i = 1, tiers do
         local bottom = y - s * (0.14 + 0.2 * (i - 1))
         local half = s * (0.3 - 0.06 * (i - 1)) * r:range(0.9, 1.1)
         fill_polygon(canvas, id, {x + lean - half, bottom, x + lean + half, bottom, x + lean, bottom - s * 0.36},
            material(r, scaled(leaves, 0.75 + 0.08 * i), {kind = 'leaves', grain = grain, amount = 0.75, round = 0.6}))
      end
   else
      local n = r:whole(4, 7)
      for i = 1, n do
         local angle = i / n * 2 * pi + r:range(-0.4, 0.4)
         local reach = s * 0.17
         fill_ellipse(canvas, id, x + lean + cos(angle) * reach * r:range(0.8, 1.4), y - s * 0.7 + sin(angle) * reach,
            s * r:range(0.14, 0.22), s * r:range(0.12, 0.2),
            material(r, scaled(leaves, r:range(0.8, 1.15)), {kind = 'leaves', grain = grain, amount = 0.8, round = 0.8}))
      end
   end
end

function draw.car(canvas, id, r, x, y, s)
   local w, flip = s * r:range(0.9, 1.1), r:chance(0.5) and -1 or 1
   local body = paint_colour(r, 0.6)
   local coat = material(r, body, {round = 0.5})
   local h = w * r:range(0.2, 0.26)
   local cabin = w * r:range(0.16, 0.24)
   local wheel = w * r:range(0.085, 0.11)
   local sill, top = y - wheel * 0.9, y - wheel * 0.9 - h
   local function at(u, v) return x + flip * u * w, v end
   local function quad(m, u1, v1, u2, v2, u3, v3, u4, v4)
      local x1, x2, x3, x4 = at(u1), at(u2), at(u3), at(u4)
      fill_polygon(canvas, id, {x1, v1, x2, v2, x3, v3, x4, v4}, m)
   end
   local back, front = r:pick {-0.42, -0.3, -0.48}, r:range(0.16, 0.3)
   quad(material(r, scaled(body, 0.92), {round = 0.3}), back, top, front, top, front - 0.13, top - cabin, back + 0.08, top - cabin)
   local glass = material(r, {0.13, 0.18, 0.24}, {kind = 'cloud', grain = 5, amount = 0.6})
   local middle = (back + front) / 2 - 0.02
   local low, high = top - cabin * 0.08, top - cabin * 0.82
   quad(glass, back + 0.06, low, middle - 0.02, low, middle - 0.02, high, back + 0.11, high)
   quad(glass, middle + 0.02, low, front - 0.05, low, front - 0.15, high, middle + 0.02, high)
   local x1, x2, x3, x4, x5, x6 = at(-0.5), at(-0.48), at(0.44), at(0.5), at(0.5), at(-0.5)
   fill_polygon(canvas, id, {x1, top + h * 0.25, x2, top, x3, top + h * 0.12, x4, top + h * 0.4, x5, sill, x6, sill}, coat)
   if r:chance(0.5) then quad(material(r, scaled(body, 0.5)), -0.5, sill - h * 0.18, 0.5, sill - h * 0.18, 0.5, sill, -0.5, sill) end
   local tyre, hub = material(r, {0.07, 0.07, 0.08}), material(r, {0.6, 0.6, 0.62}, {round = 0.5})
   for _, u in ipairs {-0.3, 0.29} do
      local cx = at(u)
      fill_ellipse(canvas, id, cx, y - wheel, wheel, wheel, tyre)
      fill_ellipse(canvas, id, cx, y - wheel, wheel * 0.5, wheel * 0.5, hub)
   end
   local lamp = at(0.46)
   fill_ellipse(canvas, id, lamp, top + h * 0.45, max(1, w * 0.03), max(1, w * 0.025), material(r, {0.95, 0.93, 0.75}))
end

function draw.boat(canvas, id, r, x, y, s)
   local w, h = s * r:range(0.8, 1.1), s * r:range(0.14, 0.22)
   local flip = r:chance(0.5) and -1 or 1
   local hull = paint_colour(r, 0.97)
   local deck = y - h
   if r:chance(0.6) then -- under sail
      local mast = s * r:range(0.75, 1.1)
      local mx = x - flip * w * 0.05
      fill_limb(canvas, id, mx, deck, mx, deck - mast, max(1.3, s * 0.025), material(r, {0.35, 0.25, 0.18}))
      local cloth = r:chance(0.6) and {0.93, 0.92, 0.88} or paint_colour(r)
      local sail = material(r, cloth, {kind = r:chance(0.3) and 'stripes' or 'cloud', grain = s * 0.15, amount = 0.2, round = 0.4})
      fill_polygon(canvas, id, {mx - flip * 1, deck - mast * 0.08, mx - flip * 1, deck - mast * 0.97, mx - flip * w * 0.42,
         deck - mast * 0.1}, sail)
      fill_polygon(canvas, id, {mx + flip * 1.5, deck - mast * 0.06, mx + flip * 1.5, deck - mast * 0.8, mx + flip * w * 0.4,
         deck - mast * 0.05}, material(r, scaled(cloth, 0.9), {round = 0.3}))
   else
      local house = material(r, r:chance(0.6) and {0.9, 0.9, 0.88} or paint_colour(r), {round = 0.3})
      local a, b = x - flip * w * 0.3, x + flip * w * r:range(0, 0.2)
      local tall = s * r:range(0.14, 0.24)
      fill_box(canvas, id, min(a, b), deck - tall, max(a, b), deck + 1, house)
      local glass = material(r, {0.15, 0.2, 0.28})
      local n = r:whole(2, 3)
      for i = 1, n do
         local cx = min(a, b) + abs(b - a) * (i - 0.5) / n
         fill_ellipse(canvas, id, cx, deck - tall * 0.55, abs(b - a) / n * 0.3, tall * 0.22, glass)
      end
      if r:chance(0.5) then
         fill_box(canvas, id, x - w * 0.1, deck - tall * 1.7, x - w * 0.02, deck - tall, material(r, paint_colour(r), {round = 0.6}))
      end
   end
   fill_polygon(canvas, id, {x - flip * w * 0.5, deck, x + flip * w * 0.55, deck - h * 0.15, x + flip * w * 0.36, y, x - flip * w * 0.4,
      y}, material(r, hull, {kind = r:chance(0.4) and 'planks' or 'plain', grain = max(2, h * 0.4), amount = 0.3, round = 0.4}))
   local band_top = deck + h * 0.05
   fill_polygon(canvas, id, {x - flip * w * 0.49, band_top, x + flip * w * 0.53, band_top - h * 0.1, x + flip * w * 0.5,
      band_top + h * 0.18, x - flip * w * 0.47, band_top + h * 0.2}, material(r, scaled(paint_colour(r), 0.9)))
end

local skins = {{0.95, 0.8, 0.7}, {0.85, 0.65, 0.5}, {0.65, 0.45, 0.32}, {0.42, 0.28, 0.2}}

function draw.person(canvas, id, r, x, y, s)
   local skin = material(r, r:pick(skins), {round = 0.6})
   local shirt = material(r, paint_colour(r, 0.8), {kind = r:pick {'plain', 'plain', 'stripes', 'cloud'}, grain = max(2, s * 0.09),
      amount = 0.3, round = 0.7})
   local trousers = material(r, scaled(paint_colour(r), 0.75), {round = 0.7})
   local shoe = material(r, {0.12, 0.1, 0.1})
   local hip, neck, half = y - s * 0.47, y - s * 0.84, s * r:range(0.1, 0.13)
   local stride = r:range(0.02, 0.13) * s
   local leg = s * 0.095
   for _, side in ipairs {-1, 1} do
      local foot = x + side * stride
      fill_limb(canvas, id, x + side * half * 0.5, hip, foot, y - s * 0.02, leg, trousers)
      fill_ellipse(canvas, id, foot + s * 0.015, y - s * 0.015, s * 0.05, max(0.8, s * 0.022), shoe)
   end
   local reach, raised = r:range(0.05, 0.22) * s, r:chance(0.2)
   for _, side in ipairs {-1, 1} do
      local shoulder = x + side * half * 0.95
      local hand_y = (raised and side == 1) and neck - s * 0.16 or hip - r:range(-0.03, 0.1) * s
      fill_limb(canvas, id, shoulder, neck + s * 0.04, shoulder + side * reach, hand_y, s * 0.065, shirt)
      fill_ellipse(canvas, id, shoulder + side * reach, hand_y, s * 0.035, s * 0.035, skin)
   end
   if r:chance(0.25) then -- a skirt or a coat
      fill_polygon(canvas, id, {x - half, hip - s * 0.08, x + half, hip - s * 0.08, x + half * 1.7, hip + s * 0.2, x - half * 1.7,
         hip + s * 0.2}, shirt)
   end
   fill_polygon(canvas, id, {x - half, neck, x + half, neck, x + half * 0.85, hip + s * 0.02, x - half * 0.85, hip + s * 0.02}, shirt)
   fill_limb(canvas, id, x, neck + 1, x, neck - s * 0.05, s * 0.06, skin)
   local head = neck - s * 0.085
   local hair = material(r, r:pick {{0.1, 0.08, 0.07}, {0.35, 0.22, 0.12}, {0.75, 0.6, 0.3}, {0.6, 0.6, 0.6}}, {round = 0.5})
   fill_ellipse(canvas, id, x, head - s * 0.015, s * 0.07, s * 0.085, hair)
   fill_ellipse(canvas, id, x + s * 0.01 * r:range(-1, 1), head + s * 0.012, s * 0.055, s * 0.068, skin)
end

function draw.ball(canvas, id, r, x, y, s)
   local radius = s * 0.5
   local kind = r:pick {'wedges', 'spots', 'stripes', 'wedges'}
   local m = material(r, paint_colour(r, 0.17), {kind = kind, grain = max(2.5, radius * 0.6), amount = 0.5, round = 1,
      other = r:chance(0.6) and {0.93, 0.92, 0.9} or paint_colour(r)})
   fill_ellipse(canvas, id, x, y - radius, radius, radius, m)
   fill_ellipse(canvas, id, x + canvas.light * radius * 0.4, y - radius * 1.45, radius * 0.16, radius * 0.12, material(r, {1, 1, 1}))
end

function draw.sheep(canvas, id, r, x, y, s)
   local flip = r:chance(0.5) and -1 or 1
   local tone = r:pick {{0.93, 0.91, 0.85}, {0.85, 0.8, 0.7}, {0.45, 0.35, 0.27}, {0.16, 0.14, 0.14}, {0.62, 0.6, 0.58}}
   local wool = {kind = 'wool', grain = max(2, s * 0.11), amount = 0.55, round = 0.8}
   local face = material(r, r:chance(0.6) and {0.13, 0.12, 0.12} or {0.85, 0.75, 0.65}, {round = 0.6})
   local a, b = s * r:range(0.36, 0.44), s * r:range(0.21, 0.26)
   local legs = s * r:range(0.2, 0.28)
   local cy = y - legs - b * 0.75
   for i, u in ipairs {-0.62, -0.4, 0.38, 0.6} do
      local lx = x + u * a + r:range(-0.03, 0.03) * s
      fill_limb(canvas, id, x + u * a * 0.9, cy + b * 0.5, lx, y, max(1.6, s * 0.06),
         i % 2 == 0 and face or material(r, scaled(face.colour, 0.75)))
   end
   fill_ellipse(canvas, id, x, cy, a, b, material(r, tone, wool))
   fill_ellipse(canvas, id, x - flip * a * 0.5, cy + b * 0.05, a * 0.55, b * 0.9, material(r, tone, wool))
   local grazing = r:chance(0.4)
   local hx, hy = x + flip * a * 1.12, grazing and cy + b * r:range(0.5, 1) or cy - b * r:range(0.25, 0.6)
   fill_ellipse(canvas, id, x + flip * a * 0.8, (cy + hy) / 2, a * 0.34, b * 0.5, material(r, tone, wool))
   fill_ellipse(canvas, id, hx, hy, s * 0.12, s * 0.085, face)
   fill_ellipse(canvas, id, hx - flip * s * 0.09, hy - s * 0.07, s * 0.055, s * 0.028, face)
end

-- Heights or lengths in parts of the picture at the front, where each may stand, and how wide its shadow is.
local habits = {
   house = {low = 0.45, high = 0.76, shadow = 0.65},
   tree = {low = 0.5, high = 0.95, shadow = 0.35},
   car = {low = 0.44, high = 0.74, shadow = 0.55},
   boat = {low = 0.44, high = 0.8, shadow = 0.5, water = true},
   person = {low = 0.46, high = 0.82, shadow = 0.22},
   ball = {low = 0.2, high = 0.42, shadow = 0.5},
   sheep = {low = 0.34, high = 0.6, shadow = 0.5},
}

-- ---- background ----

local grounds = {
   meadow = function(r) return hsv(r:range(0.18, 0.36), r:range(0.3, 0.7), r:range(0.35, 0.65)) end,
   sand = function(r) return hsv(r:range(0.07, 0.13), r:range(0.2, 0.45), r:range(0.6, 0.9)) end,
   street = function(r)
      local v = r:range(0.3, 0.55)
      return {v, v, v * r:range(0.98, 1.08)}
   end,
   snow = function(r)
      local v = r:range(0.78, 0.95)
      return {v * 0.97, v * 0.98, v}
   end,
   earth = function(r) return hsv(r:range(0.04, 0.1), r:range(0.3, 0.6), r:range(0.3, 0.55)) end,
   water = function(r) return hsv(r:range(0.48, 0.62), r:range(0.3, 0.7), r:range(0.3, 0.65)) end,
}

local function paint_sky(canvas, r, horizon)
   local size, rgb = canvas.size, canvas.rgb
   local high = r:chance(0.75) and hsv(r:range(0.53, 0.64), r:range(0.15, 0.65), r:range(0.5, 0.95))
      or hsv(r:range(-0.06, 0.1), r:range(0.2, 0.5), r:range(0.4, 0.8))
   local low = {min(1, high[1] * 1.1 + 0.25), min(1, high[2] * 1.05 + 0.2), min(1, high[3] + 0.1)}
   local cover, grain, phase = r:range(0.35, 0.8), r:range(10, 30), r:range(0, 200)
   local white = r:range(0.7, 1)
   for y = 0, min(size - 1, floor(horizon)) do
      local t = y / horizon
      for x = 0, size - 1 do
         local c = max(0, min(1, (cloud(x / grain + phase, y * 2 / grain) - cover) * 4))
         for k = 0, 2 do
            local base = high[k + 1] + (low[k + 1] - high[k + 1]) * t
            rgb[(y * size + x) * 3 + k] = base + (white - base) * c * 0.8
         end
      end
   end
end

local function paint_hills(canvas, r, horizon)
   local size = canvas.size
   local colour = hsv(r:range(0.2, 0.6), r:range(0.1, 0.4), r:range(0.3, 0.6))
   local height, grain, phase = r:range(0.05, 0.25) * size, r:range(15, 45), r:range(0, 200)
   for x = 0, size - 1 do
      local top = horizon - height * cloud(x / grain + phase, 3.3)
      for y = max(0, floor(top)), min(size - 1, floor(horizon)) do
         local k = 1 + 0.35 * (noise(x / 3 + phase, y / 3) - 0.5)
         blend(canvas, (y * size + x) * 3, min(1, max(0, y - top + 0.5)), colour[1] * k, colour[2] * k, colour[3] * k)
      end
   end
end

--- The ground between two heights of the picture; nearer rows show coarser texture.
local function paint_ground(canvas, r, kind, from, to, horizon)
   local size, rgb = canvas.size, canvas.rgb
   local colour, phase = grounds[kind](r), r:range(0, 200)
   local rough = ({meadow = 0.55, sand = 0.25, street = 0.22, snow = 0.12, earth = 0.5, water = 0.5})[kind] * r:range(0.6, 1.3)
   local stretch = kind == 'water' and 5 or kind == 'meadow' and 0.7 or 1.4
   local patches = r:range(0.1, 0.4)
   for y = max(0, floor(from)), min(size - 1, floor(to)) do
      local grain = 0.6 + 3.2 * (y - horizon) / (size - horizon)
      for x = 0, size - 1 do
         local u, v = (x - size / 2) / grain, y * 1.7 / grain
         local k = 1 + rough * (noise(u / stretch + phase, v) - 0.5) + patches * (cloud(x / 22 + phase, y / 9) - 0.5)
         local at = (y * size + x) * 3
         rgb[at], rgb[at + 1], rgb[at + 2] = colour[1] * k, colour[2] * k, colour[3] * k
      end
   end
   if kind == 'street' and r:chance(0.6) then
      local paint = material(r, {0.85, 0.83, 0.75}, {kind = 'cloud', grain = 3, amount = 0.3})
      local mid, drift = r:range(0.2, 0.8) * size, r:range(-0.5, 0.5)
      for i = 0, 3 do
         local a, b = from + (to - from) * (i * 0.25 + 0.05), from + (to - from) * (i * 0.25 + 0.17)
         local wa, wb = 0.5 + (a - horizon) * 0.03, 0.5 + (b - horizon) * 0.03
         local xa, xb = mid + drift * (a - from), mid + drift * (b - from)
         fill_polygon(canvas, -1, {xa - wa, a, xa + wa, a, xb + wb, b, xb - wb, b}, paint)
      end
   end
end

--- Things without a class that share colour, texture or outline with those that have one.
local function draw_clutter(canvas, id, r, x, y, s)
   local what = r:pick {'rock', 'bush', 'crate', 'post'}
   cast_shadow(canvas, x, y, s * 0.5, s * 0.12)
   if what == 'rock' then
      local v = r:range(0.25, 0.7)
      local m = material(r, r:chance(0.5) and {v, v * 0.97, v * 0.92} or scaled(paint_colour(r), 0.8), {kind = 'cloud',
         grain = max(2, s * 0.15), amount = 0.4, round = 0.8})
      fill_ellipse(canvas, id, x, y - s * 0.2, s * r:range(0.3, 0.5), s * r:range(0.2, 0.32), m)
   elseif what == 'bush' then
      local leaves = leaf_colour(r)
      for i = -1, 1 do
         fill_ellipse(canvas, id, x + i * s * 0.25, y - s * r:range(0.12, 0.2), s * 0.24, s * 0.18,
            material(r, leaves, {kind = 'leaves', grain = max(2, s * 0.1), amount = 0.8, round = 0.8}))
      end
   elseif what == 'crate' then
      local m = material(r, paint_colour(r), {kind = r:pick {'planks', 'bricks', 'plain'}, grain = max(2, s * 0.12), amount = 0.4,
         round = 0.3})
      fill_box(canvas, id, x - s * 0.3, y - s * r:range(0.3, 0.55), x + s * 0.3, y, m)
   else
      local m = material(r, paint_colour(r), {kind = r:chance(0.4) and 'stripes' or 'cloud', grain = max(2, s * 0.12), amount = 0.5,
         round = 0.7})
      fill_limb(canvas, id, x, y, x + r:range(-0.05, 0.05) * s, y - s * r:range(0.7, 1.1), max(1.5, s * 0.08), m)
   end
end

-- ---- a scene ----

local object_names = {'ball', 'boat', 'car', 'house', 'person', 'sheep', 'tree'}

--- Which classes appear: one to four of them, each once or a few times.
local function choose_objects(r)
   local names = {unpack(object_names)}
   for i = #names, 2, -1 do
      local j = r:whole(1, i)
      names[i], names[j] = names[j], names[i]
   end
   local u, chosen = r:unit(), {}
   local kinds_wanted = u < 0.2 and 1 or u < 0.6 and 2 or u < 0.9 and 3 or 4
   for i = 1, kinds_wanted do
      for _ = 1, r:chance(0.3) and r:whole(2, 3) or 1 do chosen[#chosen + 1] = names[i] end
   end
   return chosen
end

local function paint_background(canvas, r, has_boat)
   local size = canvas.size
   local horizon = size * r:range(0.22, 0.5)
   paint_sky(canvas, r, horizon)
   if r:chance(0.6) then paint_hills(canvas, r, horizon) end
   local land = r:pick {'meadow', 'meadow', 'sand', 'street', 'snow', 'earth'}
   local shore = horizon
   if r:chance(has_boat and 0.9 or 0.3) then
      shore = horizon + (size - horizon) * r:range(0.25, 0.6)
      paint_ground(canvas, r, 'water', horizon, shore, horizon)
   end
   paint_ground(canvas, r, land, shore, size - 1, horizon)
   return horizon, shore
end

--- Where an object stands: depth 0 at the horizon, 1 at the lower edge.
local function place(r, name, size, horizon, shore)
   local depth = r:range(0.12, 1) ^ 0.8
   local y = horizon + (size - horizon) * (0.1 + 0.86 * depth)
   local habit = habits[name]
   if habit and habit.water and shore > horizon and r:chance(0.8) then y = horizon + (shore - horizon) * r:range(0.3, 0.95) end
   if habit and not habit.water and shore > horizon then y = max(y, shore + 2) end
   local near = (y - horizon) / (size - horizon)
   local low, high = 0.2, 0.4
   if habit then low, high = habit.low, habit.high end
   return {name = name, x = r:range(0.06, 0.94) * size, y = y, s = size * r:range(low, high) * (0.42 + 0.7 * near)}
end

--- Light of the day, lens and sensor.
local function develop(canvas, r, pixels)
   local size, rgb = canvas.size, canvas.rgb
   local exposure, warmth, contrast = r:range(0.7, 1.2), r:range(-0.12, 0.12), r:range(0.8, 1.15)
   local gain = {exposure * (1 + warmth), exposure, exposure * (1 - warmth)}
   local grain, vignette, haze = r:range(0.008, 0.035), r:range(0, 0.35), r:chance(0.2) and r:range(0.1, 0.35) or 0
   for y = 0, size - 1 do
      for x = 0, size - 1 do
         local rx, ry = x / size - 0.5, y / size - 0.5
         local k = 1 - vignette * (rx * rx + ry * ry) * 2
         for c = 0, 2 do
            local v = rgb[(y * size + x) * 3 + c] * gain[c + 1] * k
            v = (v - 0.5) * contrast + 0.5
            v = v + (0.8 - v) * haze + grain * (r:unit() + r:unit() + r:unit() - 1.5) * 2
            pixels[(y * size + x) * 3 + c] = max(0, min(255, floor(v * 255 + 0.5)))
         end
      end
   end
end

--- Object numbers -> classes; one pixel along every outline is void.
local function label(canvas, labels)
   local size, object = canvas.size, canvas.object
   for y = 0, size - 1 do
      for x = 0, size - 1 do
         local at = y * size + x
         local id = object[at]
         local edge = x + 1 < size and object[at + 1] ~= id or y + 1 < size and object[at + size] ~= id
         labels[at] = edge and void or canvas.classes[id] or 0
      end
   end
end

--- Draws one scene.
---@param seed integer
---@param index integer number of the picture, from 1
---@param size integer pixels of both sides
---@param pixels ffi.cdata* uint8 (size, size, 3), written
---@param labels ffi.cdata* uint8 (size, size), written: class ids and 255
function scenes.draw(seed, index, size, pixels, labels)
   local r = new_random(seed, index)
   local canvas = new_canvas(size, r)
   local chosen = choose_objects(r)
   local has_boat = false
   for _, name in ipairs(chosen) do has_boat = has_boat or name == 'boat' end
   local horizon, shore = paint_background(canvas, r, has_boat)
   local things = {}
   for _, name in ipairs(chosen) do things[#things + 1] = place(r, name, size, horizon, shore) end
   for _ = 1, r:whole(0, 3) do things[#things + 1] = place(r, 'clutter', size, horizon, shore) end
   for i, thing in ipairs(things) do thing.order = i end
   table.sort(things, function(a, b) return a.y < b.y or a.y == b.y and a.order < b.order end)
   for id, thing in ipairs(things) do
      canvas.classes[id] = class_id[thing.name] or 0
      if thing.name == 'clutter' then
         draw_clutter(canvas, 0, r, thing.x, thing.y, thing.s)
      else
         local reach = thing.s * habits[thing.name].shadow
         cast_shadow(canvas, thing.x - canvas.light * reach * 0.3, thing.y, reach, max(1.5, thing.s * 0.07))
         draw[thing.name](canvas, id, r, thing.x, thing.y, thing.s)
      end
   end
   develop(canvas, r, pixels)
   label(canvas, labels)
end

-- ---- the whole set ----

local function write_text(path, text)
   local file = require 'hilo.io.file'
   file.write(path, function(write) write(text) end)
end

local function name_of(index) return ('scene_%04d'):format(index) end

local function list_of(first, last)
   local names = {}
   for i = first, last do names[#names + 1] = name_of(i) end
   return table.concat(names, '\n') .. '\n'
end

---@class SceneOptions
---@field out? string folder; data/scenes beside this file
---@field train? integer pictures to learn from; 800
---@field val? integer pictures to evaluate on; 120
---@field size? integer pixels of both sides; 96
---@field seed? integer 1
---@field layout? 'voc'|'folders' voc
---@field labelled? integer of layout=folders: how many of the first pictures have label maps; all to train on

local defaults = {train = 800, val = 120, size = 96, seed = 1} -- and labelled: as many as train
local smallest = {train = 1, val = 1, size = 32, seed = 0, labelled = 1}

-- Where pictures and label maps lie, below out; the ones to evaluate on have no label map where `new` says where they lie.
local layouts = {
   voc = {images = '/JPEGImages', labels = '/SegmentationClass', lists = '/ImageSets/Segmentation', root = ''},
   folders = {images = '/photos/images', labels = '/photos/masks', new = '/new', root = '/photos'},
}

local function complete(options)
   local o = {}
   for key, value in pairs(options or {}) do
      if key ~= 'out' and key ~= 'layout' and not smallest[key] then
         error(("scenes: unknown option '%s'; there are out, train, val, size, seed, layout and labelled"):format(tostring(key)), 0)
      end
      o[key] = value
   end
   o.layout = o.layout or 'voc'
   if not layouts[o.layout] then error(("scenes: layout must be voc or folders, got '%s'"):format(o.layout), 0) end
   for _, key in ipairs {'train', 'val', 'size', 'seed', 'labelled'} do
      local value = defaults[key] or o.train
      o[key] = o[key] == nil and value or tonumber(o[key])
      if not o[key] or o[key] % 1 ~= 0 or o[key] < smallest[key] or o[key] > 1e6 then
         error(('scenes: %s must be a whole number of %d or more'):format(key, smallest[key]), 0)
      end
   end
   o.out = o.out or require('hilo.core').root .. 'data/scenes'
   return o
end

local function recipe_text(o)
   local text = ('scenes, version %d\ntrain %d\nval %d\nsize %d\nseed %d\n'):format(scenes.version, o.train, o.val, o.size, o.seed)
   return o.layout == 'voc' and text or text .. ('labelled %d\n'):format(o.labelled)
end

--- Draws the set and writes it as JPEGImages/*.jpg, SegmentationClass/*.png (palette, ids and 255), ImageSets/Segmentation/train.txt
--- and val.txt, classes.txt, and recipe.txt, which is written last: the set is whole where it exists. With layout=folders as
--- photos/images/*.jpg, photos/masks/*.png, photos/classes.txt, new/*.jpg and recipe.txt.
---@param options? SceneOptions
---@return string out
function scenes.generate(options)
   local core = require 'hilo.core'
   local hilo = require 'hilo'
   local o = complete(options)
   local layout = layouts[o.layout]
   for _, part in pairs {layout.images, layout.labels, layout.lists or layout.new} do
      core.call(core.host, 'hl_host_make_folder', o.out .. part)
   end
   os.remove(o.out .. '/recipe.txt')
   local flat = require('hilo.data.classes').palette(256)
   local palette = ffi.new('uint8_t[768]', flat)
   local pixels = hilo.empty({o.size, o.size, 3}, {dtype = 'byte'})
   local labels = hilo.empty({o.size, o.size}, {dtype = 'byte'})
   local n = o.train + o.val
   for i = 1, n do
      scenes.draw(o.seed, i, o.size, pixels:data(), labels:data())
      local name, new = name_of(i), layout.new and i > o.train
      local image = ('%s%s/%s.jpg'):format(o.out, new and layout.new or layout.images, name)
      core.call(core.host, 'hl_host_jpeg_write', image, core.raw(pixels), 92)
      local map = ('%s%s/%s.png'):format(o.out, layout.labels, name)
      if not new and (layout.lists or i <= o.labelled) then
         core.call(core.host, 'hl_host_png_write', map, core.raw(labels), palette, 256)
      else
         os.remove(map)
      end
   end
   if layout.lists then
      write_text(o.out .. layout.lists .. '/train.txt', list_of(1, o.train))
      write_text(o.out .. layout.lists .. '/val.txt', list_of(o.train + 1, n))
   end
   write_text(o.out .. layout.root .. '/classes.txt', table.concat(scenes.classes, '\n') .. '\n')
   write_text(o.out .. '/recipe.txt', recipe_text(o))
   return o.out
end

--- Makes the set unless it is already there, whole and with these numbers.
---@param options? SceneOptions
---@return string out, boolean made
function scenes.ensure(options)
   local o = complete(options)
   local f = io.open(o.out .. '/recipe.txt')
   local text = f and f:read('*a')
   if f then f:close() end
   if text == recipe_text(o) then return o.out, false end
   return scenes.generate(o), true
end

-- Run as a script rather than by require (which passes the module's name).
if arg and arg[0] and arg[0]:match('scenes%.lua$') and (...) ~= 'data.scenes' then
   local options = {}
   for _, word in ipairs(arg) do
      if word == 'help' or word == '--help' or word == '-h' then
         print('usage: luajit data/scenes.lua [out=data/scenes] [train=800] [val=120] [size=96] [seed=1] [layout=voc|folders] '
            .. '[labelled=30]')
         return
      end
      local key, value = word:match('^(%w+)=(.*)$')
      options[key or 'out'] = value or word
   end
   local ok, result, made = pcall(scenes.ensure, options)
   if not ok then
      io.stderr:write(tostring(result), '\n')
      os.exit(1)
   end
   print(made and 'wrote ' .. result or result .. ' is there already')
end

return scenes
