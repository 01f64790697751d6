--- data/check/command.lua: `hilo data check` as it is typed.
local check = require 'hilo.data.check'
local command = require 'hilo.command'
local data = require 'hilo.data'
local folder = require 'hilo.data.folder'
local merged = require 'hilo.merged'
local json = require 'hilo.io.json'
local Findings = require 'hilo.data.check.findings'
local Progress = require 'hilo.train.progress'
local text = require 'hilo.data.check.text'

local usage = [[
usage: hilo data check PATH [options]     reads all of a data set; says what is wrong with it, and what it is
       hilo data check data.root=PATH    the same, with the options of a run

   data.layout=...  data.classes=...  data.labelled=all  data.val=...  seed=1   as a run takes them
   data.split=RUN   the parts that a run has, of those in runs=runs
   html=FILE        a page: what is wrong, the numbers, pictures of every class
   json=FILE        the same as JSON, without pictures
   strict=false     true: warnings count as errors
   workers=2        threads that read

exit status: 0 nothing wrong (warnings pass), 1 errors found, 2 the command is wrong
]]

-- The set; where a first look refuses masks of 0 and 255, they are taken as they are, so that the check can count them.
local function open(options)
   local ok, set = pcall(data.open, options)
   if ok then return set end
   if options.map == '' and tostring(set):find('only 0 and 255', 1, true) then
      local worked, other = pcall(data.open, merged(options, {map = '255:255'}))
      if worked then
         other.remap = nil
         return other
      end
   end
   return nil, command.plain(set)
end

local function without(t, name)
   local rest = {}
   for key, value in pairs(t) do if key ~= name then rest[key] = value end end
   return rest
end

-- Paths of pictures are for the page alone: they may hold bytes that are no text.
local function save_json(path, checked)
   if path == '' then return end
   local plain = without(checked)
   plain.findings = {}
   for i, f in ipairs(checked.findings) do plain.findings[i] = without(f, 'pairs') end
   json.save(path, plain)
end

local function cannot_open(o, message)
   local found = Findings.new()
   found:add('open', 'error', 'the data set cannot be opened',
      'see what it says; data.layout=, data.classes=, data.map= and others tell how it is meant', message)
   print('error: ' .. message)
   save_json(o.json, {root = o.data.root, errors = 1, warnings = 0, findings = found:sorted()})
   return 1
end

-- What is wrong with the folder that is named, nil where it is one.
local function no_folder(root)
   if not root then return 'which data set? hilo data check PATH' end
   if folder.is_folder(root) then return nil end
   return folder.is_file(root) and root .. ' is a file; a data set is a folder' or 'there is no folder ' .. root
end

local function run(names, o, given)
   o.data.root = names[1] or given['data.root']
   local wrong = no_folder(o.data.root)
   if wrong then
      io.stderr:write('hilo: hilo data check: ', wrong, '\n')
      return 2
   end
   local set, message = open(o.data)
   if not set then return cannot_open(o, message) end
   local progress
   local options = {seed = o.seed, threads = o.workers, progress = function(done, total)
      progress = progress or Progress.new {total = total, title = 'reading'}
      progress:update(done)
   end}
   for key, value in pairs(o.data) do options[key] = value end
   options.own_unlabelled = given['data.unlabelled'] ~= nil
   local of_run = ('%s/%s'):format(o.runs, o.data.split)
   if o.data.split ~= '' and folder.is_folder(of_run) then options.split = of_run end
   local checked, labels = check(set, options)
   if progress then progress:finish() end
   text.write(checked, print)
   save_json(o.json, checked)
   if o.html ~= '' then
      local problems = require('hilo.data.check.page')(o.html, set, checked, labels)
      print('page: ' .. o.html)
      if #problems > 0 then io.stderr:write(('%d plots could not be drawn: %s\n'):format(#problems, problems[1])) end
   end
   return (checked.errors > 0 or o.strict and checked.warnings > 0) and 1 or 0
end

return command.new {
   title = 'hilo data check', usage = usage, status = 2,
   defaults = {data = data.options {labelled = 'all', unlabelled = 'rest'}, seed = 1, workers = 2, strict = false, html = '',
      json = '', runs = 'runs'},
   whole = {seed = {0}, workers = {1, 256}},
   takes = {'folder'}, names = {0, 1}, which = 'one data set at a time: hilo data check PATH', run = run,
}
