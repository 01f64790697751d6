--- check_set.lua: a small set in which nothing is wrong, for the specs of `hilo data check` to spoil, and the command itself.
local hilo = require 'hilo'
local tiny = require 'spec.tiny_set'
local tiny_runs = require 'spec.tiny_runs'

local folder = hilo.data.folder

---@class CheckSet
local CheckSet = {}
CheckSet.__index = CheckSet

--- A picture that is like no other.
---@param seed integer
---@return Tensor (3,40,48), bytes
function CheckSet.noise(seed)
   local rgb = hilo.ByteTensor(3, 40, 48)
   local p, state = rgb:data(), seed * 7919 + 1
   for i = 0, 3 * 40 * 48 - 1 do
      state = state * 48271 % 2147483647
      p[i] = math.floor(i % 48 / 6) * state % 256
   end
   return rgb
end

local files -- relative path -> bytes: written without waiting for the disk, set after set

local function make()
   local self = setmetatable({root = tiny.voc {n = 8, val = 3}}, CheckSet)
   for i = 1, 8 do self:save_picture(i, CheckSet.noise(i)) end
   files = {}
   for _, path in ipairs {'JPEGImages', 'SegmentationClass', 'ImageSets/Segmentation', '.'} do
      for _, name in ipairs(folder.list(self.root .. '/' .. path)) do
         local full = ('%s/%s/%s'):format(self.root, path, name)
         if folder.is_file(full) then files[path .. '/' .. name] = tiny.read(full) end
      end
   end
   return self
end

--- Eight pictures of 48 x 40 with label maps of three classes, in VOC's layout; img_06 to img_08 measure.
---@return CheckSet
function CheckSet.new()
   if not files then return make() end
   local self = setmetatable({root = tiny.folder()}, CheckSet)
   for path, bytes in pairs(files) do
      folder.make(('%s/%s'):format(self.root, path:match('^(.*)/')))
      tiny.write(('%s/%s'):format(self.root, path), bytes)
   end
   return self
end

function CheckSet:remove() tiny.remove(self.root) end

local function name_of(which) return type(which) == 'number' and ('img_%02d'):format(which) or which end

--- Paths of what belongs to a name, or to the picture of a number.
function CheckSet:picture(which) return ('%s/JPEGImages/%s.png'):format(self.root, name_of(which)) end
function CheckSet:labels(which) return ('%s/SegmentationClass/%s.png'):format(self.root, name_of(which)) end
function CheckSet:list(name) return ('%s/ImageSets/Segmentation/%s.txt'):format(self.root, name) end

function CheckSet:save_picture(which, rgb) hilo.io.image.save(self:picture(which), rgb) end
function CheckSet:save_labels(which, ids) hilo.io.image.save(self:labels(which), ids) end

--- A label map of one id.
function CheckSet:fill_labels(which, id) self:save_labels(which, hilo.ByteTensor(40, 48):fill(id)) end

--- Writes a list of names or numbers.
function CheckSet:write_list(name, ...)
   local lines = {}
   for i, which in ipairs {...} do lines[i] = name_of(which) .. '\n' end
   tiny.write(self:list(name), table.concat(lines))
end

--- `hilo data check` of the set.
---@param ... string options
---@return integer status of the exit
---@return string text what was printed
---@return table<string, Finding> found by kind
---@return table all what json= holds
function CheckSet:check(...)
   local path = self.root .. '/found.json'
   local status, text = tiny_runs.command('data', {'check', self.root, 'json=' .. path, ...})
   assert(status, text)
   local all, by = hilo.train.json.load(path), {}
   for _, f in ipairs(all.findings) do by[f.kind] = f end
   return status, text, by, all
end

return CheckSet
