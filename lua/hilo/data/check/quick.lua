--- data/check/quick.lua: what a run looks at before it trains: the parts, headers, and a sample of the label maps.
local image = require 'hilo.io.image'
local crops = require 'hilo.data.check.crops'
local Findings = require 'hilo.data.check.findings'
local maps = require 'hilo.data.check.maps'
local parts = require 'hilo.data.check.parts'
local survey = require 'hilo.data.check.survey'

local most_headers = 1000 -- pictures whose size is compared with that of their label map
local most_maps = 64     -- label maps that are read

-- At most n of the names, spread evenly.
local function some(names, n)
   n = math.min(n, #names)
   local list = {}
   for i = 0, n - 1 do list[i + 1] = names[math.floor(i * #names / n) + 1] end
   return list
end

local function unreadable(message, found)
   found:add('broken', 'error', 'files that cannot be read', 'fetch them again, or take them out of the lists',
      (tostring(message):gsub('^[%w_.]+: ', '')))
end

-- A picture's header as maps.check takes it; nil where it cannot be read, which is noted.
local function header(name, path, found)
   local ok, info = pcall(image.info, path)
   if ok then return {name = name, path = path, height = info.height, width = info.width, orientation = info.orientation} end
   unreadable(info, found)
   return nil
end

--- Looks at a sample of what a run is about to train on.
---@param set DataSet
---@param split Split
---@param options? {unlabelled: string?, threads: integer?, crop: integer[]?, size: number?} unlabelled: the option of data.split;
--- crop, size: what is cut out of pictures that are reduced by this factor
---@return Finding[] errors first; empty where nothing is wrong
return function(set, split, options)
   options = options or {}
   local found = Findings.new()
   parts.check_unlabelled(split, options, found)
   local names, pictures, looks, files = {}, {}, {}, {}
   for _, part in ipairs {split.labelled, split.val} do for _, name in ipairs(part) do names[#names + 1] = name end end
   for i, name in ipairs(some(names, most_maps)) do files[i] = {name = name, path = set:label(name)} end
   local read = survey.read(files, 'label', {threads = options.threads, colours = set.colour_table})
   for _, name in ipairs(some(names, most_headers)) do
      pictures[name] = header(name, set:image(name), found)
      looks[#looks + 1] = read[name] or header(name, set:label(name), found)
   end
   for _, f in ipairs(files) do
      if not pictures[f.name] then looks[#looks + 1] = read[f.name] end
      if read[f.name].error then unreadable(read[f.name].error, found) end
   end
   maps.check(set, pictures, looks, found)
   if options.crop then crops.check(pictures, options.crop, options.size or 1, found) end
   return found:sorted()
end
