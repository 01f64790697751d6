-- importance.lua: answers for the importance of axes, a line of JSON for each: {"axes": [...], "trials": [...], "options": {...}} on
-- stdin, the shares on stdout. importance.py asks.
package.path = './?.lua;./lua/?.lua;./lua/?/init.lua;' .. package.path
local json = require 'hilo.io.json'
local importance = require 'hilo.sweep.importance'

for line in io.lines() do
   local question = json.decode(line, 'the question')
   io.write(json.encode(assert(importance(question.axes, question.trials, question.options)), {one_line = true}), '\n')
   io.flush()
end
