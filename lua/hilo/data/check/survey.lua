--- data/check/survey.lua: every picture and label map of a set, read whole by threads.
local ffi = require 'ffi'
local core = require 'hilo.core'

local host = core.host
local survey = {}

local at_once = 64 -- files, between which Ctrl-C is answered and progress is shown

local format_names = {[tonumber(ffi.C.HL_HOST_PNG)] = 'png', [tonumber(ffi.C.HL_HOST_JPEG)] = 'jpeg',
   [tonumber(ffi.C.HL_HOST_WEBP)] = 'webp', [tonumber(ffi.C.HL_HOST_TIFF)] = 'tiff', [tonumber(ffi.C.HL_HOST_BMP)] = 'bmp'}

---@class Look
---@field name string
---@field path string
---@field error string? why it could not be read; what follows may be missing then
---@field format string? 'png', 'jpeg', ...
---@field height integer? as it is stored
---@field width integer?
---@field orientation integer? EXIF's, 1 for none
---@field values table<integer, number>? of a label map: pixels by id, or by colour 0xRRGGBB
---@field palette string? its colours, three bytes each, where values are places in it
---@field coloured boolean? values are colours, for which there is no table
---@field others number? pixels of more values than are told apart
---@field low integer? the lower half of a picture's perceptual hash, and the higher: bits of numbers of 32
---@field high integer?
---@field small string? its grey, 32 x 32 bytes
---@field sum number[]? of red, green and blue, and of their squares
---@field square number[]?

local function look(name, s, path)
   local l = {name = name, path = path}
   if s.has_header ~= 0 then
      l.format, l.height, l.width = format_names[s.info.format] or 'image', s.info.height, s.info.width
      l.orientation = s.info.orientation
   end
   if s.failed ~= 0 then
      l.error = ffi.string(s.error)
   elseif s.kind == ffi.C.HL_HOST_SURVEY_PICTURE then
      l.low, l.high = tonumber(s.hash % 2 ^ 32), tonumber(s.hash / 2 ^ 32)
      l.small = ffi.string(s.small, 1024)
      l.sum, l.square = {s.sum[0], s.sum[1], s.sum[2]}, {s.square[0], s.square[1], s.square[2]}
   else
      l.values, l.coloured, l.others = {}, s.coloured ~= 0, tonumber(s.others)
      if s.kind == ffi.C.HL_HOST_SURVEY_IDS and s.info.is_palette ~= 0 then
         l.palette = ffi.string(s.info.palette, 3 * s.info.palette_size)
      end
      for i = 0, s.values - 1 do l.values[s.value[i]] = tonumber(s.pixels[i]) end
   end
   return l
end

--- Reads files.
---@param files {name: string, path: string}[]
---@param kind 'picture'|'label'
---@param options? {threads: integer?, progress: (fun(done: integer))?, colours: ColourTable?} colours: the set's table, where
--- label maps are read by one
---@return table<string, Look> by name
function survey.read(files, kind, options)
   local threads = options and options.threads or 2
   local looks, structs = {}, ffi.new('hl_host_survey[?]', at_once)
   local colours = options and options.colours
   local code = kind == 'picture' and ffi.C.HL_HOST_SURVEY_PICTURE or colours and ffi.C.HL_HOST_SURVEY_COLOURS
      or ffi.C.HL_HOST_SURVEY_IDS
   for first = 1, #files, at_once do
      local n = math.min(at_once, #files - first + 1)
      for i = 0, n - 1 do structs[i].path, structs[i].kind = files[first + i].path, code end
      core.call(host, 'hl_host_survey_files', structs, n, threads)
      for i = 0, n - 1 do
         local f = files[first + i]
         looks[f.name] = look(f.name, structs[i], f.path)
         if colours then looks[f.name].coloured = false end
      end
      if options and options.progress then options.progress(first + n - 1) end
      if host.hl_host_interrupted() ~= 0 then
         host.hl_host_interrupt_clear()
         error('interrupted', 0)
      end
   end
   return looks
end

return survey
