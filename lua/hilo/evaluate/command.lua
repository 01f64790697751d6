--- evaluate/command.lua: `hilo evaluate` as it is typed.
local command = require 'hilo.command'
local core = require 'hilo.core'
local hilo = require 'hilo'
local evaluate = require 'hilo.evaluate'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local Model = require 'hilo.predict.model'
local open_options = require 'hilo.predict.open_options'
local options_of = require 'hilo.options.values'
local Progress = require 'hilo.train.progress'
local servers = require 'hilo.evaluate.servers'
local text_of = require 'hilo.evaluate.text'

local check = core.check

local usage = [[
usage: hilo evaluate RUN [options]     how good a run, or a file that `hilo pack` wrote, is on pictures with label maps

   list=val            of the run's validation images; or train, test, any list's name or file; all: those with label maps
   data.root=...       another data set, and any other option data.<name>= of the run; without list= its own val, or all
   labels=full         compare at the label files' resolution; input: at the size that the network sees
   protocol=full       or original: as the published code, pictures padded or cut to crop=505x505
   trimap=1,3,5        also within so many pixels of a boundary
   confusion=false     print the confusion matrix too
   json=FILE           write all of it
   server=voc          or cityscapes: write label maps as these servers take them, below out=evaluation
]] .. open_options.usage

-- The value of an option data.<name>= of a run, or of one that the run's version of hilo did not know.
local function data_option(name, text, of_run)
   local usual = hilo.data.options()
   local default = of_run[name]
   if default == nil then default = usual[name] end
   if default == nil then options_of.unknown('data.' .. name, (select(2, options_of.flatten {data = usual}))) end
   return options_of.read('data.' .. name, text, default)
end

-- The options of the data set: the run's, changed by those given as data.<name>=.
local function data_options(model, given)
   local part = model.description.segmentation or model.description.classifier
   local of_run, o, other = part.options.data, {}, false
   for key, value in pairs(of_run) do o[key] = value end
   for key, text in pairs(given) do
      local name = key:match('^data%.(.+)$')
      if name then o[name], other = data_option(name, text, of_run), true end
   end
   check(o.root, '%s does not say where its data set lies; add data.root=<folder>', model.name)
   return o, other
end

local function labelled(set)
   local names = {}
   for _, name in ipairs(set.names) do if set:label(name) then names[#names + 1] = name end end
   check(#names > 0, '%s has no label maps to compare with', set.root)
   return names
end

-- Names of the pictures that measure, and whether these are all with label maps for want of a list: the run held pictures out by
-- number, or by a list that another set does not have.
local function names_of(model, set, data, given, other)
   local split = (model.description.path or '') .. '/split.json'
   if not other and model.description.path and folder.is_file(split) and (given or 'val') == 'val' then return json.load(split).val end
   if given == 'all' and not set:has(given) then return labelled(set) end
   if given then return set:list(given) end
   for _, which in ipairs {tostring(data.val or 'val'), 'val'} do if set:has(which) then return set:list(which) end end
   return labelled(set), true
end

local function check_options(o)
   check(o.server == '' or o.protocol == 'full' and o.labels == 'full', 'a server wants label maps of the full size; '
      .. 'leave protocol and labels at full')
   for _, k in ipairs(o.trimap) do check(k >= 0 and k % 1 == 0, 'trimap: widths are whole numbers of pixels, got %g', k) end
end

local function run(which, o, given)
   check_options(o)
   local model = Model.open(which[1], open_options.prepare(o, given))
   local data, other = data_options(model, given)
   local set = hilo.data.open(data)
   local names, all = names_of(model, set, data, given.list, other)
   if all then print(('measured on all %d pictures with label maps of %s, for it has no list val'):format(#names, set.root)) end
   local progress = Progress.new {total = #names, title = model.name}
   local path, save
   if o.server ~= '' then path, save = servers.open(o.server, o.out, model) end
   local found = evaluate.run(model, set, {
      names = names, labels = o.labels, protocol = o.protocol, crop = o.crop, trimap = o.trimap[1] > 0 and o.trimap or nil,
      batch = o.batch, workers = hilo.data.workers {threads = o.workers, cache_mb = 64}, save = save,
      progress = function(done)
         progress:update(done)
         if done % 100 == 0 then progress:report('') end
      end,
   })
   progress:finish()
   print(text_of(found, model.classes, {confusion = o.confusion}))
   if path then print(('label maps for the server: %s'):format(path)) end
   if o.json ~= '' then
      found.run, found.classes, found.given = model.name, model.classes, given
      json.save(o.json, found)
   end
   return 0
end

return command.new(open_options.with {
   title = 'hilo evaluate', usage = usage, open = 'data.',
   defaults = {list = 'val', labels = 'full', protocol = 'full', crop = {505, 505}, trimap = {0}, confusion = false, json = '',
      server = '', out = 'evaluation'},
   choices = {labels = {'full', 'input'}, protocol = {'full', 'original'}},
   takes = {'run'}, names = {1, 1}, which = 'one run at a time: hilo evaluate RUN [options]', run = run,
})
