--- report/command.lua: `hilo report` as it is typed.
local command = require 'hilo.command'
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local report = require 'hilo.report'
local run_data = require 'hilo.report.run_data'

local check = core.check

local usage = [[
usage: hilo report RUN ...      one page of a run, or of several side by side
       hilo report SWEEP        the page of a sweep, and those of its best runs

A run is a folder, or a name below the folder of all runs. The page is <run>/report.html, for several runs report-<names>.html
beside them, for a sweep <sweep>/report.html.

   runs=runs        the folder of all runs
   store=...        where sweeps are kept, <runs>/sweeps.db
   out=...          where the page goes
   pages=24         of a sweep: so many runs, those of the best trials, get a page of their own
]]

local function run_path(name, runs)
   for _, path in ipairs {name, runs .. '/' .. name} do
      if folder.is_folder(path) and run_data.is_run(path) then return path end
   end
   return nil
end

-- What the store tells of a sweep; nil and the names that it has where it is not among them.
local function sweep_of(name, given)
   local path = given.store or given.runs .. '/sweeps.db'
   if not folder.is_file(path) then return nil, {} end
   return require('hilo.sweep.store').use(path, function(store)
      local study = store:study(name)
      return study and require('hilo.sweep.results').of(study), store:names()
   end)
end

local function unknown(name, given, sweeps)
   local has = #sweeps > 0 and '; sweeps are ' .. table.concat(sweeps, ', ') or ''
   core.raise(("there is no run or sweep '%s' in %s%s; runs=... names another folder"):format(name, given.runs, has))
end

local function write(names, given)
   local paths = {}
   for i, name in ipairs(names) do
      paths[i] = run_path(name, given.runs)
      if not paths[i] then
         local found, sweeps = sweep_of(name, given)
         if not found then unknown(name, given, sweeps) end
         check(#names == 1, "%s is a sweep; it has a page of its own: hilo report %s", name, name)
         return report.sweep(found, {out = given.out, pages = given.pages})
      end
   end
   return report.runs(paths, {out = given.out})
end

return command.new {
   title = 'hilo report', usage = usage,
   defaults = {runs = 'runs', store = '', out = '', pages = 24}, whole = {pages = {0}},
   takes = {'report'}, names = {1}, which = 'which run or sweep?',
   run = function(names, o, given)
      local path, problems = write(names, {runs = o.runs, store = given.store, out = given.out, pages = o.pages})
      print('report: ' .. path)
      if #problems == 0 then return 0 end
      io.stderr:write(('%d of its plots could not be drawn: %s\n'):format(#problems, problems[1]))
      return 1
   end,
}
