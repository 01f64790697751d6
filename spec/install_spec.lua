-- Both ways of installing, into empty folders: what is built is placed, runs from another folder where LUA_PATH names none of its
-- modules, completes in bash and zsh, and leaves nothing behind when it is removed.
local core = require 'hilo.core'
local shell = require('spec.tiny_runs').shell
local tiny = require 'spec.tiny_set'
local version = require 'hilo.version'

local root = core.root == './' and '.' or core.root
-- What is built is as old as it is: nothing is compiled here.
local make_command = 'make -s -o all' .. (os.getenv 'HILO_LIB' and ' B=' .. core.lib_dir or '')
local has = {}
for _, name in ipairs {'luarocks', 'zsh'} do has[name] = shell('command -v ' .. name) == 0 end

-- The work folder of a group: where it installs, and where it runs hilo.
local function place()
   local work = tiny.folder()
   local self = {work = work}
   tiny.write(work .. '/posix.lua', "error 'the wrong posix'")
   -- Installs by a command, whose `hilo` will lie in the folder `bin`. The checkout's commit may change meanwhile.
   function self.install(bin, ...)
      self.bin, self.commits = bin, {version.commit() or 'unknown'}
      local code, text = shell(...)
      assert.equal(0, code, text)
      self.commits[2] = version.commit() or 'unknown'
   end
   -- Runs a command in the work folder as one who knows nothing of the checkout.
   function self.run(line)
      return shell(("cd %s && unset HILO_LIB LUA_INIT && export PATH='%s':$PATH LUA_PATH=/nowhere/?.lua LUA_CPATH=/nowhere/?.so "
         .. 'OMP_WAIT_POLICY=passive NO_COLOR=1 && %s'):format(work, self.bin, line))
   end
   function self.remove() tiny.remove(work) end
   return self
end

-- Files and links below a folder.
local function files(path)
   local _, text = shell(("find '%s' ! -type d 2>/dev/null | sort"):format(path))
   local list = {}
   for line in text:gmatch '[^\n]+' do list[#list + 1] = line end
   return list
end

-- As a person types it: the last word is completed by bash itself.
local function bash(self, source, line)
   tiny.write(self.work .. '/typed.bash', ([==[
source %s
COMP_LINE=$1 COMP_POINT=${#1}
read -ra COMP_WORDS < <(sed 's/[=:]/ & /g' <<<"$1")
[[ $1 == *[[:space:]=:] ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
spec=$(complete -p hilo)
[[ $spec == 'complete -F _hilo hilo' ]] || { echo "no completion: $spec"; exit 1; }
_hilo hilo "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%%s\n' "${COMPREPLY[@]}"
]==]):format(source))
   local code, text = self.run(("bash typed.bash '%s'"):format(line))
   assert.equal(0, code, text)
   return (text:gsub('%s+$', ''):gsub('\n', ' '))
end

local small = 'data.root=scenes crop=32x32 batch=2 model.width=4 threads=1 workers=1 data.labelled=2 steps=2 tracking=false '
   .. 'diagnostics=0 pictures=0'

-- What holds of both.
local function works(of)
   it('tells its version, its commit, and what it found', function()
      local self = of()
      local code, text = self.run('hilo --version')
      assert.equal(0, code, text)
      assert.matches('^hilo +%d+%.%d+%.%d+\n', text)
      local commit = text:match 'commit +(%w+)'
      assert.truthy(commit == self.commits[1] or commit == self.commits[2], text)
      assert.matches('LuaJIT +2%.1', text)
      assert.matches('processor +[%w]+, of baseline[%w, ]*; threads: %d', text)
      assert.matches('cuda +[%w]', text)
      assert.matches('installed in ' .. self.work:gsub('%p', '%%%0'), text)
   end)

   it('has its help and runs code', function()
      local self = of()
      local code, text = self.run('hilo help nn.Linear')
      assert.equal(0, code)
      assert.matches('nn%.Linear', text)
      code, text = self.run('hilo help tutorial')
      assert.equal(0, code)
      assert.matches('experiments/s4gan%.lua', text)
      code, text = self.run("hilo -e 'hilo.ones(2, 2):sum()'")
      assert.same({0, '4\n'}, {code, text})
      code, text = self.run('hilo --help')
      assert.equal(0, code)
      for _, command in ipairs(require 'hilo.commands') do
         assert.truthy(text:find('hilo ' .. command[1] .. ' ', 1, true), command[1])
      end
   end)

   it('draws the built-in set and trains on it by the names that its scripts have in a checkout', function()
      local self = of()
      local code, text = self.run('hilo data/scenes.lua out=scenes train=4 val=2 size=40')
      assert.equal(0, code, text)
      code, text = self.run('hilo experiments/supervised.lua name=first ' .. small)
      assert.equal(0, code, text)
      assert.matches('first: mean iou', text)
      assert.truthy(io.open(self.work .. '/runs/first/scores.json'))
   end)
end

describe('hilo installed by make', function()
   local self, prefix = nil, '/opt/some where'
   local staged

   local function make_line(target)
      return ("%s -C '%s' %s DESTDIR=%s PREFIX='%s'"):format(make_command, root, target, staged, prefix)
   end
   local function make(target) return shell(make_line(target)) end

   setup(function()
      self = place()
      staged = self.work .. '/stage'
      os.execute(('mkdir -p %s/opt'):format(staged))
      self.install(staged .. prefix .. '/bin', make_line 'install')
   end)
   teardown(function() self.remove() end)

   works(function() return self end)

   it('is completed by bash: commands, scripts, options, their values, runs, files', function()
      local source = ("'%s%s/share/bash-completion/completions/hilo'"):format(staged, prefix)
      local function typed(line) return bash(self, source, line) end
      assert.equal('evaluate', typed 'hilo ev')
      assert.equal('experiments/s4gan.lua', typed 'hilo experiments/s4')
      assert.equal('data.labelled= data.layout=', typed 'hilo experiments/s4gan.lua data.la')
      assert.equal('cityscapes', typed 'hilo experiments/s4gan.lua recipe=ci')
      assert.equal('both real', typed 'hilo experiments/s4gan.lua void_columns=')
      assert.equal('true', typed 'hilo experiments/s4gan.lua mirror=t')
      assert.equal('first', typed 'hilo experiments/fuse.lua segmentation=')
      assert.equal('first fusion=', typed 'hilo evaluate f')
      assert.equal('scenes/', typed 'hilo predict first sce')
      assert.equal('window=', typed 'hilo predict first wi')
      assert.equal('sgd,adam', typed 'hilo sweep experiments/s4gan.lua optimiser=sgd,a')
      assert.equal('random', typed 'hilo sweep experiments/s4gan.lua sampler=r')
      assert.equal('csv=', typed 'hilo sweep table mine cs')
      assert.equal('max min', typed 'hilo sweep best mine direction=')
      assert.equal('scenes/', typed 'hilo data check sc')
      assert.equal('nn.SpatialConvolutionLocal', (typed 'hilo help nn.SpatialConvolutionLoc':match '%S+'))
   end)

   it('does not run a script that names no options to complete them', function()
      tiny.write(self.work .. '/mine.lua', "io.open('ran', 'w'):close()")
      local code, text = self.run("hilo completion words mine.lua ''")
      assert.same({0, ':files\n'}, {code, (text:gsub('help[^\n]*\n', ''))})
      assert.is_nil(io.open(self.work .. '/ran'))
   end)

   if has.zsh then
      it('is completed by zsh', function()
         tiny.write(self.work .. '/typed.zsh', ([==[
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PROMPT=">"; fpath=("%s" $fpath); autoload -U compinit; compinit -u -d zdump; print rea""dy'
until [[ $out == *ready* ]]; do zpty -r -t z line && out+=$line; (( ++n > 400 )) && break; sleep 0.02; done
zpty -w -n z $'hilo experiments/s4gan.lua recipe=cit\t'
until [[ $out == *cityscapes* ]]; do zpty -r -t z line && out+=$line; (( ++n > 800 )) && break; sleep 0.02; done
zpty -w -n z $' data.bal\t'
until [[ $out == *balanced* ]]; do zpty -r -t z line && out+=$line; (( ++n > 1200 )) && break; sleep 0.02; done
print -r -- $out
]==]):format(staged .. prefix .. '/share/zsh/site-functions'))
         local code, text = self.run('zsh -f typed.zsh')
         assert.equal(0, code)
         assert.truthy(text:find('recipe=cityscapes', 1, true), text)
         assert.truthy(text:find('data.balanced=', 1, true), text)
      end)
   else
      pending('is completed by zsh (make peers installs it)')
   end

   it('leaves what others put there when it is removed, and nothing else; installed again, it is as it was', function()
      assert.equal(0, (make 'install'))
      local before = files(staged)
      assert.equal(0, (make 'install'))
      assert.equal(table.concat(before, '\n'), table.concat(files(staged), '\n'))
      local own = staged .. prefix .. '/lib/hilo/experiments/mine.lua'
      tiny.write(own, 'return 1')
      assert.equal(0, (make 'uninstall'))
      assert.equal(own, table.concat(files(staged), '\n'))
      os.remove(own)
      assert.equal(0, (make 'install'))
      assert.equal(0, (make 'uninstall'))
      local code, text = make 'uninstall'
      assert.not_equal(0, code)
      assert.matches('nothing to uninstall', text)
      local _, left = shell(("cd '%s%s' && find . | sort"):format(staged, prefix))
      assert.equal('.\n./lib\n./lib/hilo\n./lib/hilo/experiments\n', left)
   end)
end)

if not has.luarocks then
   describe('hilo installed by LuaRocks', function()
      pending('runs from anywhere (make peers installs luarocks)')
   end)
   return
end

describe('hilo installed by LuaRocks', function()
   local self, tree

   setup(function()
      self = place()
      tree = self.work .. '/tree'
      self.install(tree .. '/bin',
         ("cd '%s' && luarocks make --deps-mode=none --tree %s rocks/hilo-scm-1.rockspec MAKE='%s'")
            :format(root, tree, make_command))
   end)
   teardown(function() self.remove() end)

   works(function() return self end)

   it('is completed by bash', function()
      assert.equal('camvid', bash(self, '<(hilo completion bash)', 'hilo experiments/s4gan.lua recipe=cam'))
   end)

   it('sweeps an experiment from anywhere', function()
      local code, text = self.run('hilo sweep experiments/supervised.lua name=s lr=1e-2 report=false ' .. small)
      assert.equal(0, code, text)
      assert.matches('0000 +[%d.]+', text)
   end)

   it('is gone when it is removed', function()
      assert.equal(0, (shell(('luarocks remove --tree %s hilo'):format(tree))))
      assert.same({tree .. '/lib/luarocks/rocks-5.1/manifest'}, files(tree))
   end)
end)
