-- What `hilo --version` tells where things are missing or chosen.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local shell = require('spec.tiny_runs').shell
local tiny = require 'spec.tiny_set'

local function told(environment)
   local code, text = shell(('env %s luajit %slua/bin/hilo --version'):format(environment or '', core.root))
   assert.equal(0, code, text)
   return text
end

describe('hilo --version', function()
   it('tells the commit of a checkout, and where git is not there that changes are not known', function()
      local commit = require('hilo.version').commit()
      if not commit then return pending 'this is no checkout' end
      local _, luajit = shell 'command -v luajit'
      local work = tiny.folder()
      assert(os.execute(("ln -s '%s' %s/luajit"):format(luajit:match '[^\n]+', work)))
      assert.matches('a checkout in [^\n]*; git is not there to say what is changed', told('PATH=' .. work))
      assert.matches('git +not found', told('PATH=' .. work))
      tiny.remove(work)
      local text = told()
      if text:find '\ngit +/' then assert.matches('commit +%x+, a checkout in [^\n]*; %d+ files? changed', text) end
   end)

   it('tells the processor path that HILO_CPU chooses, among those that are built', function()
      assert.matches('processor +baseline as HILO_CPU says, of baseline', told 'HILO_CPU=baseline')
      assert.matches('processor +[%w]+, of baseline', told '-u HILO_CPU')
      assert.matches('threads: 1\n', told 'OMP_NUM_THREADS=1')
   end)

   it('tells of a CUDA library that does not load, and of devices that are not built', function()
      local work = tiny.folder()
      for _, name in ipairs(folder.list(core.lib_dir)) do
         if name:find '^libhilo_cpu' or name == 'libhilo_host.so' then
            local _, path = shell(("readlink -f '%s/%s'"):format(core.lib_dir, name))
            assert(os.execute(("ln -s '%s' %s/%s"):format(path:match '[^\n]+', work, name)))
         end
      end
      assert.matches('cuda +not built', told('HILO_LIB=' .. work))
      assert.matches('emu +not built', told('HILO_LIB=' .. work))
      tiny.write(work .. '/libhilo_cuda.so', 'no library')
      assert.matches('cuda +built, but does not load: [^\n]*libhilo_cuda', told('HILO_LIB=' .. work))
      tiny.remove(work)
   end)
end)
