--- data/check/files.lua: files that cannot be read, that are not what their names say, that have no partner.
local endings = {png = {png = true}, jpeg = {jpg = true, jpeg = true}, webp = {webp = true}, tiff = {tif = true, tiff = true},
   bmp = {bmp = true}}

-- Why a file could not be read, without its path.
local function reason(l)
   local _, stop = l.error:find(l.path:match('[^/]+$'), 1, true)
   return stop and l.error:sub(stop + 1):gsub('^:? ', '') or l.error
end

local function broken(looks, what, found)
   for _, name in ipairs(looks.order) do
      local l = looks[name]
      if l and l.error then
         found:add('broken', 'error', 'files that cannot be read: broken, cut short or of a kind that is not read',
            'fetch them again, or take them out of the lists', ('%s %s: %s'):format(what, l.path, reason(l)))
      end
   end
end

local function misnamed(looks, found)
   for _, name in ipairs(looks.order) do
      local l = looks[name]
      local ending = l and (l.path:match('%.(%w+)$') or ''):lower()
      if l and l.format and endings[l.format] and not endings[l.format][ending] then
         found:add('extension', 'warning', 'files whose extension is not that of their format',
            'hilo reads them, other programs may not: rename them', ('%s is a %s'):format(l.path, l.format:upper()))
      end
   end
end

local function by_case(names, what, found)
   local seen = {}
   for _, name in ipairs(names) do
      local small = name:lower()
      if seen[small] then
         found:add('case', 'warning', 'names that differ by upper and lower case only',
            'rename one of each: on other file systems they are one file', ('%s %s and %s'):format(what, seen[small], name))
      end
      seen[small] = seen[small] or name
   end
   return seen
end

local function alone(path, found)
   found:add('label_alone', 'warning', 'label maps without a picture', 'add the pictures, or remove the label maps', path)
end

local function partners(set, pictures, labels, found)
   local small = by_case(pictures.order, 'pictures', found)
   by_case(labels.order, 'label maps', found)
   for _, name in ipairs(labels.order) do
      if not set.images[name] then
         local other = small[name:lower()]
         if other then
            found:add('case', 'warning', 'names that differ by upper and lower case only', 'give a picture and its label map one name',
               ('label map %s, picture %s'):format(name, other))
         else
            alone(labels[name].path, found)
         end
      end
   end
   for _, path in ipairs(set.alone or {}) do alone(set.root .. '/' .. path, found) end
   for _, name in ipairs(pictures.order) do
      if not set:label(name) then
         found:add('picture_alone', 'note', 'pictures without a label map',
            'they can train as unlabelled pictures: data.unlabelled=images takes all that there are', pictures[name].path)
      end
   end
end

--- Looks at the files of a set.
---@param set DataSet
---@param pictures table<string, Look> with `order`
---@param labels table<string, Look> with `order`
---@param found Findings
return function(set, pictures, labels, found)
   broken(pictures, 'picture', found)
   broken(labels, 'label map', found)
   misnamed(pictures, found)
   misnamed(labels, found)
   partners(set, pictures, labels, found)
end
