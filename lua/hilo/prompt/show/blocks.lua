--- prompt/show/blocks.lua: a picture in characters: the upper half of each is one pixel, the lower half another.

---@param picture Tensor (3,H,W) byte
---@return string
return function(picture)
   local source = picture:contiguous()
   local h, w, p = source:size(2), source:size(3), source:data()
   local n, lines = h * w, {}
   for y = 0, h - 1, 2 do
      local cells, before = {}, nil
      for x = 0, w - 1 do
         local i = y * w + x
         local code = ('\27[38;2;%d;%d;%d'):format(p[i], p[n + i], p[2 * n + i])
         if y + 1 < h then
            local j = i + w
            code = ('%s;48;2;%d;%d;%dm'):format(code, p[j], p[n + j], p[2 * n + j])
         else
            code = code .. ';49m'
         end
         cells[#cells + 1] = (code ~= before and code or '') .. '\226\150\128' -- U+2580
         before = code
      end
      lines[#lines + 1] = table.concat(cells) .. '\27[0m'
   end
   return table.concat(lines, '\n')
end
