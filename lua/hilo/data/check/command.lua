--- data/check/command.lua: `hilo data check` as it is typed.
local check = require 'hilo.data.check'
local data = require 'hilo.data'
local folder = require 'hilo.data.folder'
local json = require 'hilo.train.json'
local Findings = require 'hilo.data.check.findings'
local Progress = require 'hilo.train.progress'
local text = require 'hilo.data.check.text'

local usage = [[
usage: hilo data check PATH [options]     reads all of a data set; says what is wrong with it, and what it is

   data.layout=...  data.classes=...  data.labelled=...  data.val=...  seed=1   as a run takes them
   html=FILE        a page: what is wrong, the numbers, pictures of every class
   json=FILE        the same as JSON, without pictures
   strict=true      warnings count as errors
   workers=2        threads that read

exit status: 0 nothing wrong (warnings pass), 1 errors found, 2 the command is wrong
]]

local own = {html = true, json = true, strict = true, workers = true, seed = true}

-- The words as {html =, json =, ..., data = {root =, layout =, ...}}; nil and what is wrong.
local function read(words)
   local o, path = {data = {}, workers = '2', seed = '1', strict = 'false'}, nil
   for _, word in ipairs(words) do
      local key, value = word:match('^%-*([%w_.]+)=(.*)$')
      local name = key and key:match('^data%.([%w_]+)$')
      if folder.is_folder(word) or not key then
         if path then return nil, ("one data set at a time; got '%s' and '%s'"):format(path, word) end
         path = word
      elseif name then
         o.data[name] = value
      elseif own[key] then
         o[key] = value
      else
         return nil, ("there is no option '%s'; options of the data are written data.%s="):format(key, key)
      end
   end
   if not path then return nil, 'which data set? hilo data check PATH' end
   o.seed, o.workers = tonumber(o.seed), tonumber(o.workers)
   if not o.seed or o.seed % 1 ~= 0 or o.seed < 0 then return nil, 'seed must be a whole number' end
   if not o.workers or o.workers % 1 ~= 0 or o.workers < 1 or o.workers > 256 then return nil, 'workers must be 1..256' end
   if o.strict ~= 'true' and o.strict ~= 'false' then return nil, 'strict must be true or false' end
   if not folder.is_folder(path) then return nil, ('there is no folder %s'):format(path) end
   o.data.root = path
   return o
end

-- The set; where a first look refuses masks of 0 and 255, they are taken as they are, so that the check can count them.
local function open(options)
   local ok, set = pcall(data.open, options)
   if ok then return set end
   if not options.map and tostring(set):find('only 0 and 255', 1, true) then
      local again = {map = '255:255'}
      for key, value in pairs(options) do again[key] = value end
      local worked, other = pcall(data.open, again)
      if worked then
         other.remap = nil
         return other
      end
   end
   return nil, tostring(set)
end

local function cannot_open(o, message)
   local found = Findings.new()
   found:add('open', 'error', 'the data set cannot be opened',
      'see what it says; data.layout=, data.classes=, data.map= and others tell how it is meant', message)
   print('error: ' .. message)
   if o.json then json.save(o.json, {root = o.data.root, errors = 1, warnings = 0, findings = found:sorted()}) end
   return 1
end

--- Does what the words after `hilo data check` say; returns the exit status.
---@param words string[]
---@return integer
return function(words)
   local first = words[1]
   if not first or first == 'help' or first == '--help' or first == '-h' then
      io.write(usage)
      return first and 0 or 2
   end
   local o, wrong = read(words)
   if not o then
      io.stderr:write('hilo: hilo data check: ', wrong, '\n')
      return 2
   end
   local set, message = open(o.data)
   if not set then return cannot_open(o, message) end
   local progress
   local checked, labels = check(set, {
      labelled = o.data.labelled, unlabelled = o.data.unlabelled, train = o.data.train, val = o.data.val, seed = o.seed,
      threads = o.workers, progress = function(done, total)
         progress = progress or Progress.new {total = total, title = 'reading'}
         progress:update(done)
      end,
   })
   if progress then progress:finish() end
   text.write(checked, print)
   if o.json then json.save(o.json, checked) end
   if o.html then
      local problems = require('hilo.data.check.page')(o.html, set, checked, labels)
      print('page: ' .. o.html)
      if #problems > 0 then io.stderr:write(('%d plots could not be drawn: %s\n'):format(#problems, problems[1])) end
   end
   return (checked.errors > 0 or o.strict == 'true' and checked.warnings > 0) and 1 or 0
end
