--- tiny_runs.lua: finished runs of small networks on the tiny set, and the commands that use them.
local core = require 'hilo.core'
local tiny = require 'spec.tiny_set'

local tiny_runs = {}

--- Runs a shell command; returns its exit code and what it printed.
function tiny_runs.shell(line)
   local pipe = io.popen(('{ %s ; } 2>&1; echo "exit $?"'):format(line))
   local text = pipe:read('*a')
   pipe:close()
   return tonumber(text:match('exit (%d+)\n$')), (text:gsub('exit %d+\n$', ''))
end

--- Runs Lua code that knows `hilo` in a process of its own, which must end well; returns what it printed.
function tiny_runs.alone(source)
   local folder = tiny.folder()
   tiny.write(folder .. '/alone.lua', "local hilo = require 'hilo'\n" .. source)
   local code, text = tiny_runs.shell(('luajit %s/alone.lua'):format(folder))
   tiny.remove(folder)
   assert(code == 0, text)
   return text
end

local small = {
   supervised = 'crop=32 batch=4 data.labelled=all steps=12',
   mlmt = 'resize=32 batch=2 unlabelled_batch=2 data.labelled=3 steps=4',
}

--- Trains supervised 'sup', and where asked for mlmt 'multi', on a tiny set.
---@param options? {mlmt: boolean, set: table, supervised: string}
---@return {set: string, runs: string, remove: fun()}
function tiny_runs.make(options)
   options = options or {}
   local set, runs = tiny.voc(options.set or {n = 8, val = 2}), tiny.folder()
   local function train(script, name, rest)
      local code, text = tiny_runs.shell(table.concat({'env OMP_WAIT_POLICY=passive luajit', core.root .. 'lua/bin/hilo',
         ('%sexperiments/%s.lua'):format(core.root, script), 'name=' .. name, 'runs=' .. runs, 'data.root=' .. set,
         'model.width=4 threads=2 workers=1 tracking=false eval_every=0', small[script], rest}, ' '))
      assert(code == 0, text)
   end
   train('supervised', 'sup', options.supervised)
   if options.mlmt then train('mlmt', 'multi') end
   return {set = set, runs = runs, remove = function()
      tiny.remove(set)
      tiny.remove(runs)
   end}
end

--- Writes a script that runs another, whose path and options follow its own, and ends the process, abruptly, as soon as the checkpoint
--- of its second step is saved.
---@param folder string
---@return string path
function tiny_runs.stopper(folder)
   local path = folder .. '/stop.lua'
   tiny.write(path, [[
      local checkpoint = require 'hilo'.io.checkpoint
      local save = checkpoint.save
      function checkpoint.save(path, what)
         save(path, what)
         if path:find('last', 1, true) and what.meta.step == 2 then os.exit(9) end
      end
      arg[0] = table.remove(arg, 1)
      dofile(arg[0])
   ]])
   return path
end

--- A command of hilo as it is typed, in this process; returns the exit status and what it printed.
---@param name string
---@param words string[]
---@return integer? status
---@return string text
function tiny_runs.command(name, words)
   local out, printed, written = {}, print, io.write
   local stderr = io.stderr
   local function keep(...)
      for i = 1, select('#', ...) do out[#out + 1] = tostring((select(i, ...))) end
      return true
   end
   _G.print = function(...) -- luacheck: ignore
      keep(...)
      keep('\n')
   end
   io.write = keep -- luacheck: ignore
   io.stderr = {write = function(_, ...) return keep(...) end, flush = function() end} -- luacheck: ignore
   local ok, status = pcall(require('hilo.' .. name .. '.command'), words)
   _G.print, io.write, io.stderr = printed, written, stderr -- luacheck: ignore
   if not ok then return nil, tostring(status) end
   return status, table.concat(out)
end

return tiny_runs
