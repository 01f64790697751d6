-- What README has a newcomer type, word for word: the shell's lines, then those at the prompt of a terminal; and the number of entries
-- that it tells.
local core = require 'hilo.core'
local shell = require('spec.tiny_runs').shell
local Terminal = require 'spec.terminal'
local tiny = require 'spec.tiny_set'

local readme = tiny.read(core.root .. 'README.md')

-- The indented blocks of README's section, without their indentation.
local function blocks()
   local section = readme:match('\n## At the prompt\n(.-)\n## ')
   local list, block = {}, nil
   for line in (section .. '\n'):gmatch('([^\n]*)\n') do
      local code = line:match('^    (.*)$')
      if code and not block then
         block = {}
         list[#list + 1] = block
      end
      if code then table.insert(block, code) else block = nil end
   end
   return list
end

-- Lines that are indented go on with the entry before them.
local function entries(block)
   local list = {}
   for _, line in ipairs(block) do
      if line:find('^%s') then
         list[#list] = list[#list] .. '\r' .. line:gsub('^%s+', '')
      else
         list[#list + 1] = line
      end
   end
   return list
end

-- What the prompt answers to each entry, in plain words; nil: nothing.
local answers = {
   false,
   {'data set data/scenes, layout voc: 28 pictures, 28 with label maps', '8 classes: background, ball'},
   false,
   false,
   {'▀▀▀', '0 background', 'void'},
   {'3 labelled, 0 unlabelled and 4 validation images', 'step 10: mean iou', 'first: mean iou'},
   false,
   {'run first in runs/first: finished, step 10 of 10'},
   {'▀▀▀', '1  scene_', 'mean IoU', '4  scene_'},
   {'OpenedRun:worst'},
   {'OpenedRun:worst([n], [part]) -> WorstImage[]', 'worst first'},
}

-- A folder as a checkout is, with a small set in the place that README's first command draws it to.
local function checkout()
   local work = tiny.folder()
   local code, root = shell(("cd '%s' && pwd"):format(core.root == '' and '.' or core.root))
   assert(code == 0, root)
   root = root:gsub('\n', '')
   code = shell(([[cd '%s' && for name in core lua experiments; do ln -s '%s'/$name $name; done && mkdir data && cd data &&
      ln -s '%s/data/scenes.lua' scenes.lua]]):format(work, root, root))
   assert(code == 0)
   return work
end

describe('README', function()
   it('counts the entries as `hilo help count` does', function()
      local command, told = readme:match('`(lua/bin/hilo help count)`[^.]-all of the (%d+) public names')
      assert.truthy(command, 'README tells no number of names')
      local code, text = shell(('luajit %s%s'):format(core.root, command))
      assert.equal(0, code)
      local names, with_entry = text:match('^(%d+) public names, (%d+) with an entry')
      assert.same({told, told}, {names, with_entry})
   end)

   it('has a make target for its first line, which draws the built-in set', function()
      assert.equal('make scenes', blocks()[1][1])
      local code, recipe = shell(("cd '%s' && make -n scenes"):format(core.root == '' and '.' or core.root))
      assert.equal(0, code)
      assert.truthy(recipe:find('luajit data/scenes.lua out=data/scenes', 1, true), recipe)
   end)

   it('leads from an empty checkout to the errors of a network, line by line', function()
      local work, t = checkout(), nil
      finally(function()
         if t then t:close() end
         tiny.remove(work)
      end)
      local code, text = shell(("cd '%s' && luajit data/scenes.lua out=data/scenes train=24 val=4 size=48"):format(work))
      assert(code == 0, text)
      local libraries = core.lib_dir:sub(1, 1) == '/' and core.lib_dir or '$PWD/' .. core.lib_dir
      local start, typed = blocks()[1][2], entries(blocks()[2])
      assert.equal('lua/bin/hilo', start)
      assert.equal(#answers, #typed)
      t = Terminal.open(([[sh -c "export HILO_LIB=%s; cd '%s'; HOME=. XDG_STATE_HOME=. TERM=xterm COLORTERM=truecolor \
         HILO_PICTURES=blocks OMP_WAIT_POLICY=passive exec %s"]]):format(libraries, work, start))
      assert(t:wait('1> '))
      for i, entry in ipairs(typed) do
         if entry:find('^%$') then -- small enough for a spec
            entry = entry .. ' model.width=4 crop=33x33 batch=2 threads=2 workers=1'
         end
         t:type(entry .. '\r')
         local from = t.from
         local there, shown = t:wait(('\27[?2004h%d> '):format(i + 1), 60) -- as readline begins a line
         assert(there, ('%s\nshows\n%s'):format(entry, tostring(shown)))
         local answer = t.seen:sub(from, there - 1):match('.*\27%[%?2004l(.*)$'):gsub('\27%[[%d;?]*%a', '') -- after what was typed
         for _, part in ipairs(answers[i] or {}) do
            assert(answer:find(part, 1, true), ('%s\nshows no %q but\n%s'):format(entry, part, answer))
         end
         if not answers[i] then assert.equal('', (answer:gsub('%s', ''))) end
      end
   end)
end)
