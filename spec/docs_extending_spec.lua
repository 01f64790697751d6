--- docs_extending_spec.lua: the pages for who carries hilo on: in a copy of the tree their files are put where they say, what is
--- written in C is built, and their commands run, with fewer steps.
local core = require 'hilo.core'
local pages = require 'hilo.help.pages'
local shell = require('spec.tiny_runs').shell
local tiny = require 'spec.tiny_set'

local function absolute(path) return path:sub(1, 1) == '/' and path or io.popen('pwd'):read('*l') .. '/' .. path end
local here = absolute(core.root):gsub('/$', '')

-- What the page says of one file, done to its copy.
local function put(root, file)
   local path = root .. '/' .. file.path
   if file.change == 'new' then
      local existing = io.open(path)
      assert(not existing, file.path .. ' is there already')
      return tiny.write(path, file.text)
   end
   local after, in_place = file.change:match('^after (.*)$'), file.change:match('^in the place of (.*)$')
   local lines, found = {}, 0
   for line in tiny.read(path):gmatch('([^\n]*)\n') do
      local here_it_is = line:find(after or in_place, 1, true)
      if not (here_it_is and in_place) then lines[#lines + 1] = line end
      if here_it_is then
         found = found + 1
         lines[#lines + 1] = file.text:sub(1, -2)
      end
   end
   assert(found == 1, ("%s holds '%s' %d times, not once"):format(file.path, after or in_place, found))
   tiny.write(path, table.concat(lines, '\n') .. '\n')
end

local function copied(page, folders)
   local root = tiny.folder()
   local copy = "cd %s && cp -a core lua spec experiments Makefile '%s' && mkdir '%s/data' && cp data/*.* '%s/data'"
   local code, text = shell(copy:format(here, root, root, root))
   assert(code == 0, text)
   for _, folder in ipairs(folders or {}) do
      code, text = shell(("mkdir -p '%s/build' && cp -a %s/build/%s '%s/build/'"):format(root, here, folder, root))
      assert(code == 0, text)
   end
   for _, file in ipairs(pages.files(page)) do put(root, file) end
   return root
end

local few = ' crop=33x33 batch=2 model.width=4 threads=2 workers=1 steps=2'

-- A command of a page as it is run here.
local function command(line)
   if line:match('^make test') then
      return 'luajit $(command -v busted) --output=spec/report.lua ' .. line:match('SPEC=(%S+)')
   end
   line = line:gsub('^hilo ', 'luajit lua/bin/hilo ') .. few
   if line:match('sweep') then line = line:gsub('steps=250', '') end
   if line:match('entropy') then line = line .. ' unlabelled_batch=2' end
   return line:gsub('steps=250 ', '')
end

local function run(root, line, libraries)
   local code, text = shell(([[cd '%s' && env OMP_WAIT_POLICY=passive HILO_LIB='%s' \
      LUA_PATH='%s/lua/?.lua;%s/lua/?/init.lua;%s/?.lua;;' %s]]):format(root, libraries, root, root, root, line))
   assert(code == 0, line .. '\n' .. text)
   return text
end

describe('the page', function()
   for _, name in ipairs {'adding-a-module', 'adding-a-network', 'adding-a-method', 'adding-a-layout', 'adding-a-sampler'} do
      it(name .. ' does what it says', function()
         local page = pages.find(name)
         local root = copied(page)
         run(root, 'luajit data/scenes.lua out=. layout=folders train=8 labelled=6 val=2 size=64', absolute(core.lib_dir))
         for _, line in ipairs(pages.commands(page)) do run(root, command(line), absolute(core.lib_dir)) end
         local touched = {}
         for i, file in ipairs(pages.files(page)) do touched[i] = file.path end
         run(root, ('luacheck -q --config %s/.luacheckrc %s'):format(here, table.concat(touched, ' ')), absolute(core.lib_dir))
         tiny.remove(root)
      end)
   end

   it('adding-an-op does what it says', function()
      if os.getenv 'HILO_SANITIZED' then return pending 'links with objects that were compiled without sanitizers' end
      local page = pages.find 'adding-an-op'
      local root = copied(page, {'cpu', 'host', 'emu'})
      local old = 'touch -d 2001-01-01 core/*.h core/*/*.h core/*/*.cuh Makefile' -- else all files would be compiled, for minutes
      run(root, old .. ' && make -s B=build VARIANTS=cpu OPTIMISE=-O1 EMU_OPTIMISE=-O0 all emu', root .. '/build')
      for _, line in ipairs(pages.commands(page)) do
         if line:match('^make test') then
            local text = run(root, 'HILO_CPU=baseline ' .. command(line) .. ' --filter=softsign', root .. '/build')
            assert.truthy(text:find('[1-9]%d* passed, 0 failed'), text)
         end
      end
      tiny.remove(root)
   end)
end)
