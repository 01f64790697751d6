--- data/check/quick.lua: what a run looks at before it trains: the parts, headers and ends of pictures, and a sample of
--- the label maps.
local command = require 'hilo.command'
local image = require 'hilo.io.image'
local sorted_keys = require 'hilo.keys'
local crops = require 'hilo.data.check.crops'
local Findings = require 'hilo.data.check.findings'
local maps = require 'hilo.data.check.maps'
local parts = require 'hilo.data.check.parts'
local survey = require 'hilo.data.check.survey'

local most_headers = 1000 -- pictures whose size is compared with that of their label map; and as many that are unlabelled
local most_maps = 64     -- label maps that are read; and as many pictures that may be cut short

-- At most n of the names, spread evenly.
local function some(names, n)
   n = math.min(n, #names)
   local list = {}
   for i = 0, n - 1 do list[i + 1] = names[math.floor(i * #names / n) + 1] end
   return list
end

local function unreadable(message, found)
   found:add('broken', 'error', 'files that cannot be read', 'fetch them again, or take them out of the lists',
      (command.plain(message):gsub('^[%w_.]+: ', '')))
end

-- A picture's header as maps.check takes it; nil where it cannot be read, which is noted.
local function header(name, path, found)
   local ok, info = pcall(image.info, path)
   if not ok then
      unreadable(info, found)
      return nil
   end
   return {name = name, path = path, format = info.format, height = info.height, width = info.width, orientation = info.orientation}
end

local ends = {jpeg = '\255\217', png = 'IEND\174B`\130'} -- of whole files; a few have something behind it

-- Whether a picture's last bytes are not those of its format.
local function ends_otherwise(picture)
   local expected, input = ends[picture.format], io.open(picture.path, 'rb')
   if not (expected and input) then return false end
   local last = input:seek('end', -#expected) and input:read(#expected)
   input:close()
   return last ~= expected
end

-- Reads pictures that do not end as they should.
local function check_ends(pictures, threads, found)
   local list = {}
   for _, name in ipairs(sorted_keys(pictures)) do
      if ends_otherwise(pictures[name]) then list[#list + 1] = {name = name, path = pictures[name].path} end
   end
   list = some(list, most_maps)
   local read = survey.read(list, 'picture', {threads = threads})
   for _, f in ipairs(list) do if read[f.name].error then unreadable(read[f.name].error, found) end end
end

-- Headers of a sample of the unlabelled pictures that none of the names is.
local function headers_of_unlabelled(set, unlabelled, names, found)
   local is_known, rest, pictures = {}, {}, {}
   for _, name in ipairs(names) do is_known[name] = true end
   for _, name in ipairs(unlabelled) do if not is_known[name] then rest[#rest + 1] = name end end
   for _, name in ipairs(some(rest, most_headers)) do pictures[name] = header(name, set:image(name), found) end
   return pictures
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
   check_ends(pictures, options.threads, found)
   check_ends(headers_of_unlabelled(set, split.unlabelled, names, found), options.threads, found)
   if options.crop then crops.check(pictures, options.crop, options.size or 1, found) end
   return found:sorted()
end
