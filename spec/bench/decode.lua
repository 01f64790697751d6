-- decode.lua: how long hilo takes to read pictures of each format, next to the formats' libraries alone (spec/bench/decode.c).
--
--    luajit spec/bench/decode.lua CAMVID=<camvid-voc> [PICTURES=200] [ROUNDS=5]
--
-- Pictures of 500x375, decoded to RGB at full size by one thread; the files lie in the system's cache. hilo's sides are `image_read`,
-- which finds out the format, looks for an EXIF orientation, checks the header and copies the pixels into a tensor besides, and the
-- loader, from whose time that of the same samples from decoded pictures is taken off. A picture is read by each side in turn, so that
-- a busy machine slows down all. Printed are processor milliseconds a picture, medians of the rounds, and hilo's over the library's,
-- medians of the rounds' ratios.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local ffi = require 'ffi'
local core = require 'hilo.core'
local hilo = require 'hilo'
local timing = require 'spec.bench.timing'

local options = timing.options(arg, {CAMVID = '', PICTURES = '200', ROUNDS = '5'})
local pictures, rounds = tonumber(options.PICTURES), tonumber(options.ROUNDS)
local folder, host = hilo.data.folder, core.host
local place, height, width = core.root .. 'build/bench-decode', 375, 500

ffi.cdef [[
int bare_jpeg(const char *path, uint8_t *rgb);
int bare_png(const char *path, uint8_t *rgb);
int bare_webp(const char *path, uint8_t *rgb);
int bare_tiff(const char *path, uint8_t *rgb);
int bare_bmp(const char *path, uint8_t *rgb);
int make_webp(const char *path, const uint8_t *rgb, int width, int height, int lossless);
int make_tiff(const char *path, const uint8_t *rgb, int width, int height, int compression);
int make_bmp(const char *path, const uint8_t *rgb, int width, int height);
]]

folder.make(place)
local library = place .. '/decode.so'
core.check(os.execute(("gcc -std=gnu11 -O3 -fPIC -shared '%sspec/bench/decode.c' -o '%s' -lpng -ljpeg -lwebp -ltiff"):format(core.root,
   library)) == 0, 'spec/bench/decode.c could not be compiled')
local bare = ffi.load(library)

-- pixels are (H,W,3) bytes
local formats = {
   {name = 'JPEG', ending = 'jpg', bare = bare.bare_jpeg,
      make = function(path, pixels) core.call(host, 'hl_host_jpeg_write', path, core.raw(pixels), 90) end},
   {name = 'PNG', ending = 'png', bare = bare.bare_png,
      make = function(path, pixels) core.call(host, 'hl_host_png_write', path, core.raw(pixels), nil, 0) end},
}

local function add(name, ending, read, write, ...)
   local more = {...}
   formats[#formats + 1] = {name = name, ending = ending, bare = read, make = function(path, pixels)
      core.check(write(path, pixels:data(), width, height, unpack(more)) == 0, '%s could not be written', path)
   end}
end
add('WebP, lossy', 'lossy.webp', bare.bare_webp, bare.make_webp, 0)
add('WebP, lossless', 'lossless.webp', bare.bare_webp, bare.make_webp, 1)
add('TIFF, uncompressed', 'none.tif', bare.bare_tiff, bare.make_tiff, 1)
add('TIFF, LZW', 'lzw.tif', bare.bare_tiff, bare.make_tiff, 5)
add('TIFF, deflate', 'deflate.tif', bare.bare_tiff, bare.make_tiff, 8)
add('BMP', 'bmp', bare.bare_bmp, bare.make_bmp)

local function path_of(i, format) return ('%s/%03d.%s'):format(place, i, format.ending) end

-- The pictures of a data set, brought to 500x375, in every format.
local function make()
   local from = options.CAMVID .. '/JPEGImages'
   core.check(folder.is_folder(from), 'CAMVID=%s: there is no folder %s', options.CAMVID, from)
   local names = folder.list(from)
   for i = 1, pictures do
      local picture = hilo.io.image.load(from .. '/' .. names[(i - 1) % #names + 1], {as = 'rgb'}):float()
      local resized = hilo.resize(picture:view(1, 3, picture:size(2), picture:size(3)), height, width)[1]
      local pixels = resized:permute(2, 3, 1):contiguous():byte()
      for _, format in ipairs(formats) do format.make(path_of(i, format), pixels) end
   end
end
make()

-- ---- the sides ----

local ours, theirs = hilo.ByteTensor(height, width, 3), hilo.ByteTensor(height, width, 3)
local batch = hilo.empty {3, height, width}

local function hilo_reads(path) core.call(host, 'hl_host_image_read', path, core.raw(ours), ffi.C.HL_HOST_RGB) end

local samples, ticket = ffi.new('hl_host_sample[1]'), ffi.new('int64_t[1]')
local sample = samples[0]
sample.scale, sample.crop_h, sample.crop_w, sample.image_out = 1, height, width, batch:data()
sample.brightness, sample.contrast, sample.saturation, sample.classes, sample.void_label = 1, 1, 1, 1, 255
for i = 0, 3 do sample.jitter_order[i] = i end
for c = 0, 2 do sample.mean[c], sample.std[c] = 0.5, 0.25 end

-- A loader whose work is done by the caller, which keeps decoded pictures of up to so many bytes.
local function loader(cache_bytes)
   local out = ffi.new('hl_host_loader *[1]')
   core.call(host, 'hl_host_loader_new', out, 0, cache_bytes)
   local handle = ffi.gc(out[0], host.hl_host_loader_free)
   return function(path)
      sample.image = path
      core.call(host, 'hl_host_loader_submit', handle, samples, 1, ticket)
      core.call(host, 'hl_host_loader_wait', handle, ticket[0])
   end
end

-- What reads a picture: the library, image_read, the loader, a loader that has room for all pictures decoded.
local function sides_of(format)
   return {function(path) format.bare(path, theirs:data()) end, hilo_reads, loader(0), loader(2 * pictures * height * width * 3)}
end

-- Processor seconds of each side for all pictures of a format.
local function round(format, sides, number)
   local used = {0, 0, 0, 0}
   for i = 1, pictures do
      local path = path_of(i, format)
      for turn = 1, #sides do
         local side = (turn + number + i) % #sides + 1
         local began = os.clock()
         sides[side](path)
         used[side] = used[side] + os.clock() - began
      end
   end
   return used
end

-- Library and hilo read the same pixels.
local function compare(format)
   for i = 1, pictures do
      local path = path_of(i, format)
      hilo_reads(path)
      format.bare(path, theirs:data())
      core.check(hilo.equal(ours, theirs), '%s: the two sides read other pixels', path)
   end
end

io.stdout:setvbuf 'line'
print(('%-20s %8s %11s %7s %8s %7s'):format('ms a picture', 'library', 'image_read', 'ratio', 'loader', 'ratio'))
for _, format in ipairs(formats) do
   compare(format)
   local sides = sides_of(format)
   round(format, sides, 0)
   local its, mine, loads, ratio, load_ratio = {}, {}, {}, {}, {}
   for r = 1, rounds do
      local used = round(format, sides, r)
      its[r], mine[r], loads[r] = used[1], used[2], used[3] - used[4]
      ratio[r], load_ratio[r] = mine[r] / its[r], loads[r] / its[r]
   end
   local ms, median = 1000 / pictures, timing.median
   print(('%-20s %8.2f %11.2f %7.2f %8.2f %7.2f'):format(format.name, ms * median(its), ms * median(mine), median(ratio),
      ms * median(loads), median(load_ratio)))
end
