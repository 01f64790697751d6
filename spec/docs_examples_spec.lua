--- docs_examples_spec.lua: what stands as an example in comments and pages runs, in a folder with the built-in pictures as somebody's
--- own, a trained network and the experiments.
local core = require 'hilo.core'
local entries = require 'hilo.help.entries'
local folder = require 'hilo.data.folder'
local pages = require 'hilo.help.pages'
local shell = require('spec.tiny_runs').shell
local tiny = require 'spec.tiny_set'

-- Runs examples, one file each, and says which fail. The examples of a page go on from each other: their locals stay.
local runner = [[
   local hilo = require 'hilo'
   require('hilo.prompt.globals').set(require('hilo.prompt.session').new {history = require('hilo.prompt.history').new()})
   io.stdout:setvbuf 'line'
   local pages = {}
   local function fresh()
      return setmetatable({hilo = hilo, nn = hilo.nn, optim = hilo.optim, print = function() end}, {__index = _G})
   end
   for i = 1, #arg do
      local page = arg[i]:match '^page%-(.*)%-%d+%.lua$'
      if page then pages[page] = pages[page] or fresh() end
      local text = '\n' .. hilo.io.file.read(arg[i])
      if page then text = text:gsub('\nlocal function', '\nfunction'):gsub('\nlocal ([%w_, ]+ =)', '\n%1') end
      local chunk, why = loadstring(text:sub(2), '=' .. arg[i])
      local ok = chunk ~= nil
      if ok then ok, why = pcall(setfenv(chunk, page and pages[page] or fresh())) end
      if not ok then io.write('FAILED ', tostring(why), '\n') end
   end
   print 'all tried'
]]

local preparation = [[
   ln -s $HILO/experiments experiments &&
   luajit $HILO/data/scenes.lua out=. layout=folders train=8 labelled=6 val=2 size=64 &&
   cp $(ls photos/images/*.jpg | head -1) street.jpg &&
   luajit $HILO/lua/bin/hilo experiments/supervised.lua name=mine data.root=photos data.val=0.4 data.labelled=all crop=33x33 batch=2 \
      model.width=4 steps=2 threads=2 workers=1]]

local function in_folder(root, line)
   local place = core.root:sub(1, 1) == '/' and core.root or '$PWD/' .. core.root
   local libraries = core.lib_dir:sub(1, 1) == '/' and core.lib_dir or '$PWD/' .. core.lib_dir
   return shell(([[export HILO=%s HILO_LIB=%s OMP_WAIT_POLICY=passive HILO_PICTURES=blocks LUA_PATH="%slua/?.lua;%slua/?/init.lua;;"
      cd '%s' && %s]]):format(place, libraries, place, place, root, line))
end

local function prepare()
   local root = tiny.folder()
   tiny.write(root .. '/runner.lua', runner)
   local code, text = in_folder(root, preparation)
   assert(code == 0, text)
   return root
end

describe('examples', function()
   local root
   setup(function() root = prepare() end)
   teardown(function() tiny.remove(root) end)

   -- Writes examples into files; the list of them grows.
   local function add(files, name, code)
      files[#files + 1] = ("'%s.lua'"):format(name)
      tiny.write(('%s/%s.lua'):format(root, name), code)
   end

   local function add_page(files, page)
      for i, code in ipairs(pages.examples(page)) do add(files, ('page-%s-%02d'):format(page.name, i), code) end
   end

   local function try(files)
      local _, text = in_folder(root, 'luajit runner.lua ' .. table.concat(files, ' '))
      local failed = {}
      for line in text:gmatch('FAILED [^\n]*') do failed[#failed + 1] = line end
      assert.same({}, failed)
      assert.truthy(text:find('all tried', 1, true), text)
   end

   it('in comments and pages run', function()
      local files = {}
      for _, entry in ipairs(entries.all()) do
         if not entry.same_as then
            for i, code in ipairs(entries.examples(entry)) do
               add(files, ('entry-%s-%d'):format(entry.name:gsub('[.:]', '_'), i), code)
            end
         end
      end
      for _, page in ipairs(pages.all()) do if page.name ~= 'tutorial' then add_page(files, page) end end
      assert(#files > 100, #files)
      try(files)
   end)

   it('in the tutorial lead from pictures to a sweep, with fewer steps', function()
      local lines = {'hilo() { luajit $HILO/lua/bin/hilo "$@"; }', 'set -e'}
      for _, line in ipairs(pages.commands(pages.find 'tutorial')) do
         if line:match('experiments/') then
            line = line:gsub('steps=%d+', 'steps=2') .. ' crop=33x33 batch=2 unlabelled_batch=2 model.width=4 threads=2 workers=1'
            if not line:match('s4gan') then line = line:gsub(' unlabelled_batch=2', '') end
         end
         lines[#lines + 1] = line
      end
      assert(#lines > 7)
      tiny.write(root .. '/tutorial.sh', table.concat(lines, '\n') .. '\n')
      local code, text = in_folder(root, 'bash tutorial.sh')
      assert(code == 0, text)
      for _, path in ipairs {'check.html', 'two.html', 'predictions/areas.csv', 'runs/search/report.html'} do
         assert.is_true(folder.is_file(root .. '/' .. path), path .. '\n' .. text)
      end
      local files = {}
      add_page(files, pages.find 'tutorial')
      try(files)
   end)
end)
