-- tpe.lua: answers for the samplers, a line of JSON for each: {"sampler": "tpe", "axes": [...], "trials": [...], "options": {...}} on
-- stdin, the values suggested on stdout. tpe.py asks.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local json = require 'hilo.io.json'

for line in io.lines() do
   local question = json.decode(line, 'the question')
   local sampler = require('hilo.sweep.samplers.' .. question.sampler)
   io.write(json.encode(sampler.suggest(question.axes, question.trials, question.options), {one_line = true}), '\n')
   io.flush()
end
