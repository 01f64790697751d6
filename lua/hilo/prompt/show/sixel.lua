--- prompt/show/sixel.lua: a picture as sixels: bands of six rows, a colour after the other. Pictures of up to 256 colours keep them; of
--- others each channel has six levels, and the error goes on to the right.

local function exact(p, n)
   local index, list, map = {}, {}, {}
   for i = 0, n - 1 do
      local key = (p[i] * 256 + p[n + i]) * 256 + p[2 * n + i]
      if not index[key] then
         if #list == 256 then return nil end
         list[#list + 1] = {p[i], p[n + i], p[2 * n + i]}
         index[key] = #list
      end
      map[i] = index[key]
   end
   return map, list
end

local levels = 6

local function diffused(p, h, w)
   local n, map, list = h * w, {}, {}
   for r = 0, levels - 1 do
      for g = 0, levels - 1 do
         for b = 0, levels - 1 do list[#list + 1] = {r * 51, g * 51, b * 51} end
      end
   end
   for y = 0, h - 1 do
      local left = {0, 0, 0}
      for x = 0, w - 1 do
         local i, k = y * w + x, 0
         for c = 0, 2 do
            local wanted = p[c * n + i] + left[c + 1]
            local level = math.max(0, math.min(levels - 1, math.floor(wanted / 51 + 0.5)))
            left[c + 1] = wanted - level * 51
            k = k * levels + level
         end
         map[i] = k + 1
      end
   end
   return map, list
end

-- Runs of the same character are counted.
local function squeezed(bits, w)
   local parts, x = {}, 0
   while x < w do
      local v, last = bits[x] or 0, x
      while last + 1 < w and (bits[last + 1] or 0) == v do last = last + 1 end
      local character, count = string.char(63 + v), last - x + 1
      parts[#parts + 1] = count > 3 and ('!%d%s'):format(count, character) or character:rep(count)
      x = last + 1
   end
   return (table.concat(parts):gsub('!%d+%?$', ''))
end

---@param picture Tensor (3,H,W) byte
---@return string
return function(picture)
   local source = picture:contiguous()
   local h, w, p = source:size(2), source:size(3), source:data()
   local map, list = exact(p, h * w)
   if not map then map, list = diffused(p, h, w) end
   local out, told = {('\27P0;1q"1;1;%d;%d'):format(w, h)}, {}
   for top = 0, h - 1, 6 do
      local of, order = {}, {}
      for y = top, math.min(top + 5, h - 1) do
         for x = 0, w - 1 do
            local k = map[y * w + x]
            if not of[k] then
               of[k] = {}
               order[#order + 1] = k
            end
            of[k][x] = (of[k][x] or 0) + 2 ^ (y - top)
         end
      end
      for i, k in ipairs(order) do
         if not told[k] then
            told[k] = true
            local c = list[k] -- in per cent
            out[#out + 1] = ('#%d;2;%d;%d;%d'):format(k - 1, c[1] / 2.55 + 0.5, c[2] / 2.55 + 0.5, c[3] / 2.55 + 0.5)
         end
         out[#out + 1] = ('#%d%s%s'):format(k - 1, squeezed(of[k], w), i < #order and '$' or '')
      end
      out[#out + 1] = '-'
   end
   out[#out + 1] = '\27\\'
   return table.concat(out)
end
