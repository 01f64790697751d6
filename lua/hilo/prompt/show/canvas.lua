--- prompt/show/canvas.lua: pictures of bytes, (3,H,W): tiled, enlarged, reduced.
local hilo = require 'hilo'

local canvas = {}

local gap = 2 -- pixels between tiles

--- An empty picture.
---@param h integer
---@param w integer
---@param value? integer 0
---@return Tensor (3,H,W) byte
function canvas.new(h, w, value) return hilo.ByteTensor(3, h, w):fill(value or 0) end

-- How many of n pictures of that shape stand in a row: they fill an area of that aspect, with few places left empty.
local function columns_of(n, h, w, aspect)
   local wish = math.sqrt(n * h / w * aspect)
   local few = math.max(1, math.min(n, math.floor(wish)))
   local many = math.max(1, math.min(n, math.ceil(wish)))
   local function empty(columns) return math.ceil(n / columns) * columns - n end
   if empty(few) ~= empty(many) then return empty(few) < empty(many) and few or many end
   return wish - few < many - wish and few or many
end

local function largest(list)
   local h, w = 0, 0
   for _, p in ipairs(list) do h, w = math.max(h, p:size(2)), math.max(w, p:size(3)) end
   return h, w
end

--- Pictures side by side, so many in a row.
---@param list Tensor[] (3,H,W) byte each
---@param columns integer
---@return Tensor
function canvas.in_rows(list, columns)
   if #list == 1 then return list[1] end
   local h, w = largest(list)
   local rows = math.ceil(#list / columns)
   local out = canvas.new(rows * (h + gap) - gap, columns * (w + gap) - gap, 128)
   for i, p in ipairs(list) do
      local r, c = math.floor((i - 1) / columns), (i - 1) % columns
      out:narrow(2, r * (h + gap) + 1, p:size(2)):narrow(3, c * (w + gap) + 1, p:size(3)):copy(p)
   end
   return out
end

--- Pictures side by side, in rows that fill an area.
---@param list Tensor[] (3,H,W) byte each
---@param aspect? number how wide it is as a multiple of its height, 1.6
---@return Tensor
function canvas.tiled(list, aspect)
   local h, w = largest(list)
   return canvas.in_rows(list, columns_of(#list, h, w, aspect or 1.6))
end

--- Each pixel k by k times.
---@param p Tensor
---@param k integer
---@return Tensor
function canvas.enlarged(p, k)
   if k == 1 then return p end
   local h, w = p:size(2), p:size(3)
   local out, source = canvas.new(h * k, w * k), p:contiguous()
   local y, x = out:data(), source:data()
   for i = 0, 3 * h * k - 1 do
      local row = math.floor(i / k) * w
      for j = 0, w * k - 1 do y[i * w * k + j] = x[row + math.floor(j / k)] end
   end
   return out
end

-- Means over boxes of pixels.
local function reduced(p, h, w)
   local source = p:contiguous()
   local H, W = p:size(2), p:size(3)
   local out = canvas.new(h, w)
   local y, x = out:data(), source:data()
   for c = 0, 2 do
      for i = 0, h - 1 do
         local top, bottom = math.floor(i * H / h), math.max(math.floor(i * H / h) + 1, math.floor((i + 1) * H / h))
         for j = 0, w - 1 do
            local left, right = math.floor(j * W / w), math.max(math.floor(j * W / w) + 1, math.floor((j + 1) * W / w))
            local sum = 0
            for a = top, bottom - 1 do
               for b = left, right - 1 do sum = sum + x[(c * H + a) * W + b] end
            end
            y[(c * h + i) * w + j] = math.floor(sum / ((bottom - top) * (right - left)) + 0.5)
         end
      end
   end
   return out
end

--- A picture that fits: reduced where it is larger, enlarged a whole number of times where it is small.
---@param p Tensor
---@param width integer
---@param height integer
---@return Tensor
function canvas.fitted(p, width, height)
   local h, w = p:size(2), p:size(3)
   local scale = math.min(width / w, height / h)
   if scale < 1 then return reduced(p, math.max(1, math.floor(h * scale)), math.max(1, math.floor(w * scale))) end
   return canvas.enlarged(p, math.max(1, math.min(math.floor(scale), math.floor(160 / math.max(h, w)))))
end

--- A new file for a picture.
---@return string
function canvas.file()
   local name = os.tmpname()
   os.remove(name)
   return name .. '.png'
end

--- The picture as the bytes of a PNG.
---@param p Tensor
---@return string
function canvas.png(p)
   local path = canvas.file()
   require('hilo.io.image').save(path, p)
   local bytes = require('hilo.io.file').read(path)
   os.remove(path)
   return bytes
end

return canvas
