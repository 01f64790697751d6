--- planted.lua: seeds with known ends, by which spec/fuzz_spec.lua knows that the fuzzer sees them.
local ffi = require 'ffi'
local hilo = require 'hilo'

local planted, kept = {count = {}}, {}

local ends = {
   [3] = function() return 'planted: attempt to index a nil value' end,
   [5] = function() return ffi.cast('int *', 8)[0] end,
   [6] = function()
      local file = assert(io.open('../../hilo-planted', 'w'))
      file:close()
   end,
   [7] = function() while #kept < 1 do kept[1] = nil end end,
   [9] = function() return select(2, pcall(hilo.sum, hilo.zeros(1, 1):expand(2 ^ 20, 2 ^ 20))) end,
   [11] = function() error 'outside of pcall' end,
   [13] = function() kept[1] = hilo.zeros(2 ^ 24) + 1 end,
   [15] = function() return 'planted: attempt with ' .. tostring(os.getenv 'MALLOC_ARENA_MAX') .. ' arenas' end,
}

function planted.prepare() end

--- What a seed does; seeds that are not in the table do nothing.
function planted.run(seed) return ends[seed] and ends[seed]() or nil end

return planted
