--- hilo.report: what runs and sweeps did, as one HTML file that needs nothing else.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local file = require 'hilo.io.file'
local figures = require 'hilo.report.figures'
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local page = require 'hilo.report.page'
local parts = require 'hilo.report.parts'
local paths = require 'hilo.report.paths'
local run_data = require 'hilo.report.run_data'
local run_page = require 'hilo.report.run_page'
local runs_page = require 'hilo.report.runs_page'
local sweep_page = require 'hilo.report.sweep_page'
local ranking = require 'hilo.sweep.ranking'

---@class hilo.report
local report = {}

local function write(path, options)
   options.foot = os.date('Written by hilo report on %Y-%m-%d at %H:%M:%S.')
   local text = page.render(options)
   folder.make(paths.folder(path))
   file.write(path, function(out) out(text) end)
   return path
end

local function of_one(run)
   return {title = run.name, lead = h.p {'A run', run.script and {' of ', h.code {run.script}}, ', ', parts.state(run.state)},
      sections = run_page.sections(run)}
end

local function of_several(runs)
   local names = runs_page.names(runs)
   local title = #names <= 3 and table.concat(names, ', ') or ('%s and %d more'):format(names[1], #names - 1)
   return {title = title, lead = h.p {numbers.count(#runs, 'run'), ' side by side'}, sections = runs_page.sections(runs)}
end

-- The name of the file for several runs, not longer than file systems allow.
local function joint_name(runs)
   local names = {}
   for i, run in ipairs(runs) do names[i] = run.name:gsub('/', '-') end
   local text = table.concat(names, '-')
   if #text > 120 then text = ('%s-and-%d-more'):format(names[1]:sub(1, 80), #names - 1) end
   return 'report-' .. text .. '.html'
end

--- Writes the report of one run, or of several side by side.
---@param list string[] folders of runs
---@param options? {out: string?} out: the file; if not given <run>/report.html, for several report-<names>.html beside the first run
---@return string path of the file
---@return string[] problems plots that could not be drawn
function report.runs(list, options)
   core.check(#list > 0, 'report: no run is named')
   local runs = {}
   for i, path in ipairs(list) do runs[i] = run_data.read(path) end
   local out = options and options.out
   if not out then out = #runs == 1 and runs[1].path .. '/report.html' or paths.folder(runs[1].path) .. '/' .. joint_name(runs) end
   return write(out, figures.session(#runs == 1 and of_one or of_several, #runs == 1 and runs[1] or runs)), figures.failures()
end

local function of_sweep(results, out)
   return {title = results.name, lead = h.p {'A sweep', (results.script or '') ~= '' and {' of ', h.code {results.script}}},
      sections = sweep_page.sections(results, paths.folder(out))}
end

-- Pages of the runs themselves, those of the best trials first.
local function write_runs(results, count)
   for _, trial in ipairs(ranking.ordered(results)) do
      for _, run in ipairs(trial.runs) do
         if count > 0 and run.path and run_data.is_run(run.path) then
            count = count - 1
            write(run.path .. '/report.html', of_one(run_data.read(run.path, run.error)))
         end
      end
   end
end

--- Writes the report of a sweep, and beside them those of its best runs, to which it links.
---@param results table what hilo.sweep.results gives
---@param options? {out: string?, pages: integer?} out: the file; if not given <runs>/<sweep>/report.html; pages: so many runs, those of
--- the best trials, get a report of their own; 24
---@return string path of the file
---@return string[] problems plots that could not be drawn
function report.sweep(results, options)
   local o = options or {}
   local runs = results.runs ~= '' and results.runs or paths.folder(results.store)
   local out = o.out or ('%s/%s/report.html'):format(runs, results.name)
   figures.session(function()
      write_runs(results, o.pages or 24)
      write(out, of_sweep(results, out))
   end)
   return out, figures.failures()
end

return report
