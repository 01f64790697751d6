--- tiny_sweep.lua: sweeps of a script whose runs take no time, for the specs that run `hilo sweep`.
local hilo = require 'hilo'
local core = require 'hilo.core'
local process = require 'hilo.io.process'
local tiny = require 'spec.tiny_set'

local tiny_sweep = {script = core.root .. 'spec/sweep/tiny.lua'}

local runs

--- A new folder of runs, which the functions below use; finish removes it.
---@return string
function tiny_sweep.begin()
   runs = tiny.folder()
   return runs
end

function tiny_sweep.finish() tiny.remove(runs) end

--- The words of a command.
function tiny_sweep.words_of(...) return {'luajit', core.root .. 'lua/bin/hilo', 'sweep', ...} end

--- Runs the sweep s of the script with these options.
---@return integer status
---@return string text that was printed
function tiny_sweep.sweep(...)
   return process.capture(tiny_sweep.words_of(tiny_sweep.script, 'runs=' .. runs, 'name=s', 'report=false', 'workers=0',
      'tracking=false', ...))
end

--- What the store tells of it.
function tiny_sweep.results() return hilo.sweep.results.load(runs .. '/sweeps.db', 's') end

--- How many keys a table has.
function tiny_sweep.count(t)
   local n = 0
   for _ in pairs(t) do n = n + 1 end
   return n
end

return tiny_sweep
