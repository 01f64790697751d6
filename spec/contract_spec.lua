--- Every function that a header declares is in every library that is built, and all speak the same ABI.
local ffi = require 'ffi'
local core = require 'hilo.core'

-- Names of the functions that core/<header> declares.
local function declared(header)
   local file = assert(io.open(core.root .. 'core/' .. header))
   local text = file:read('*a'):gsub('/%*.-%*/', ' '):gsub('\n#[^\n]*', '\n')
   file:close()
   local names = {}
   for name in text:gmatch '[%s%*](hl_[%w_]+)%s*%(' do names[#names + 1] = name end
   local _, ends = text:gsub('%)%s*;', '')
   assert(#names == ends, ('%s: %d names for %d declarations'):format(header, #names, ends))
   return names
end

-- A library that was built, or nil.
local function open(name)
   local path = ('%s/lib%s.so'):format(core.lib_dir, name)
   local file = io.open(path)
   if not file then return nil end
   file:close()
   return ffi.load(path)
end

local function missing_from(lib, names)
   local missing = {}
   for _, name in ipairs(names) do
      if not pcall(function() return lib[name] end) then missing[#missing + 1] = name end
   end
   return missing
end

describe('the contract', function()
   local names = declared 'hilo.h'

   it('is read whole from the header', function()
      assert.is_true(#names > 60)
      local set = {}
      for _, name in ipairs(names) do
         assert.is_nil(set[name], name .. ' is declared twice')
         set[name] = true
      end
      for _, name in ipairs {'hl_init', 'hl_error', 'hl_device_name', 'hl_conv2d_back', 'hl_scale_list'} do
         assert.is_true(set[name], name)
      end
   end)

   it('is not kept by a library without the functions', function()
      assert.same({'hl_conv2d'}, missing_from(core.host, {'hl_error', 'hl_conv2d'}))
   end)

   local built = 0
   for _, name in ipairs {'hilo_cpu', 'hilo_cpu_avx2', 'hilo_cpu_avx512', 'hilo_cpu_avx512bf16', 'hilo_emu', 'hilo_cuda'} do
      local lib = open(name)
      if lib then
         built = built + 1
         it('is kept by lib' .. name .. '.so', function()
            assert.same({}, missing_from(lib, names))
         end)
         it('has one ABI number in lib' .. name .. '.so', function()
            local abi = lib.hl_init(core.host.hl_host_interrupt_flag())
            -- a library for another processor or card refuses, and says why
            if abi == -1 then assert.is_true(#ffi.string(lib.hl_error()) > 10) else assert.equal(ffi.C.HL_ABI, abi) end
         end)
      end
   end

   it('has at least one library', function() assert.is_true(built > 0) end)

   it('is kept by libhilo_host.so', function()
      assert.same({}, missing_from(core.host, declared 'host.h'))
      assert.is_true(#declared 'host.h' > 25)
   end)
end)
