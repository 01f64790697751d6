--- train/seen.lua: what an evaluation saw, as files of a run: evaluation/confusion.json and evaluation/<image name>.png.
local hilo = require 'hilo'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'

local seen = {}

--- The confusion matrix of an evaluation.
---@param path string of the run
---@param classes string[]
---@param matrix number[][] pixels: [truth][prediction]
---@param step? integer
function seen.save_confusion(path, classes, matrix, step)
   folder.make(path .. '/evaluation')
   json.save(path .. '/evaluation/confusion.json', {classes = classes, matrix = matrix, step = step})
end

-- Pictures of an evaluation that showed other images.
local function remove_others(path, kept)
   for _, name in ipairs(folder.list(path)) do
      if name:match('%.png$') and not kept[name] then os.remove(path .. '/' .. name) end
   end
end

--- The comparisons of an evaluation, in the place of those of the one before.
---@param path string of the run
---@param pictures {name: string, pixels: Tensor}[]
---@return string[] paths
function seen.save_pictures(path, pictures)
   local inside, paths, kept = path .. '/evaluation', {}, {}
   folder.make(inside)
   for i, picture in ipairs(pictures) do
      local name = picture.name:gsub('/', '-') .. '.png'
      kept[name], paths[i] = true, inside .. '/' .. name
      hilo.io.image.save(paths[i], picture.pixels)
   end
   remove_others(inside, kept)
   return paths
end

--- Removes what evaluations left.
---@param path string of the run
function seen.clear(path)
   local inside = path .. '/evaluation'
   if not folder.is_folder(inside) then return end
   remove_others(inside, {})
   os.remove(inside .. '/confusion.json')
end

return seen
