--- torch/ppm.lua: files of the formats PGM and PPM (netpbm): P2 and P3 as text, P5 and P6 as bytes.
local ffi = require 'ffi'
local core = require 'hilo.core'
local Tensor = require 'hilo.tensor'
local file = require 'hilo.io.file'

local check = core.check

local ppm = {}

local channels = {P2 = 1, P3 = 3, P5 = 1, P6 = 3}

-- The letters that a file begins with where it is of netpbm's formats.
local function magic(path)
   local handle = io.open(path, 'rb')
   local head = handle and handle:read(3)
   if handle then handle:close() end
   return head and head:match '^(P%d)%s'
end

--- Whether a file begins as those of netpbm's formats do.
---@param path string
---@return boolean
function ppm.is(path) return magic(path) ~= nil end

-- Numbers of a header, or of pixels as text, from `at` on; comments go from # to the end of the line.
local function numbers(path, text, at, n)
   local list = {}
   while #list < n do
      at = text:find('[^%s]', at)
      check(at, '%s: ends after %d of %d numbers', path, #list, n)
      if text:sub(at, at) == '#' then
         at = text:find('\n', at, true) or #text
      else
         local digits = check(text:match('^%d+', at), '%s: a number is expected at byte %d', path, at)
         list[#list + 1], at = tonumber(digits), at + #digits
      end
   end
   return list, at
end

-- What stands before the pixels: channels, height, width, the value of white; with the file's kind and text, and where the header ends.
local function header(path)
   local kind = magic(path)
   if not kind then return nil end
   local c = check(channels[kind], '%s: unsupported magic number %s; PGM and PPM are P2, P3, P5 and P6', path, kind)
   local text = file.read(path)
   local head, at = numbers(path, text, 3, 3)
   local w, h, white = unpack(head)
   check(w >= 1 and h >= 1 and w <= 2 ^ 16 and h <= 2 ^ 16 and white >= 1 and white <= 65535,
      '%s: %d x %d pixels of 0..%d cannot be', path, w, h, white)
   return c, h, w, white, kind, text, at
end

--- Channels, height and width of a PGM or PPM file.
---@param path string
---@return integer[]? nil where the file is of another kind
function ppm.sizes(path)
   local c, h, w = header(path)
   return c and {c, h, w}
end

--- Reads a PGM or PPM file.
---@param path string
---@return Tensor? pixels (C,H,W) int; nil where the file is of another kind
---@return integer? white the value of white
function ppm.load(path)
   local c, h, w, white, kind, text, at = header(path)
   if not c then return nil end
   local n, bytes = c * h * w, white > 255 and 2 or 1
   local pixels = Tensor.empty({h, w, c}, {dtype = 'int'})
   local to = ffi.cast('int32_t *', pixels:data())
   if kind == 'P2' or kind == 'P3' then
      check(#text - at + 1 >= 2 * n - 1, '%s: ends before its %d numbers', path, n)
      local list = numbers(path, text, at, n)
      for i = 1, n do to[i - 1] = list[i] end
   else
      check(#text - at >= n * bytes, '%s: has %d of %d bytes of pixels', path, #text - at, n * bytes)
      for i = 0, n - 1 do
         local first = at + 1 + i * bytes
         to[i] = bytes == 1 and text:byte(first) or text:byte(first) * 256 + text:byte(first + 1)
      end
   end
   return pixels:permute(3, 1, 2):contiguous(), white
end

--- Writes bytes as PGM (one plane) or PPM (three).
---@param path string
---@param pixels Tensor (C,H,W) or (H,W) bytes
function ppm.save(path, pixels)
   if pixels:dim() == 2 then pixels = pixels:view(1, pixels:size(1), pixels:size(2)) end
   local c, h, w = unpack(Tensor.sizes_table(pixels))
   check(c == 1 or c == 3, '%s: expects one plane or three, got %d', path, c)
   local rows = pixels:permute(2, 3, 1):contiguous()
   file.write(path, function(write)
      write(('P%d\n%d %d\n255\n'):format(c == 1 and 5 or 6, w, h))
      write(ffi.string(rows:data(), rows:nElement()))
   end)
end

return ppm
