--- report/command.lua: `hilo report` as it is typed.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local report = require 'hilo.report'
local run_data = require 'hilo.report.run_data'
local options = require 'hilo.train.options'

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

-- The names and the options among the words. A run's name may hold '=', so a folder is a folder.
local function read(words)
   local given, names = {runs = 'runs'}, {}
   for _, word in ipairs(words) do
      local key, text = word:match('^([%w_]+)=(.*)$')
      if not key or folder.is_folder(word) then
         names[#names + 1] = word
      else
         options.choice('option', key, {'runs', 'store', 'out', 'pages'})
         given[key] = text
      end
   end
   local pages = tonumber(given.pages or 24)
   check(pages and pages >= 0 and pages % 1 == 0, "pages must be a whole number, got '%s'", tostring(given.pages))
   given.pages = pages
   return names, given
end

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
   local store = require('hilo.sweep.store').open(path)
   local names, found = store:names(), nil
   local study = store:study(name)
   if study then found = require('hilo.sweep.results').of(study) end
   store:close()
   return found, names
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

--- Does what the words after `hilo report` say; returns the exit status.
---@param words string[]
---@return integer
return function(words)
   local first = words[1]
   if not first or first == 'help' or first == '--help' or first == '-h' then
      io.write(usage)
      return first and 0 or 2
   end
   local names, given = read(words)
   check(#names > 0, 'which run? `hilo report help` tells more')
   local path, problems = write(names, given)
   print('report: ' .. path)
   if #problems > 0 then
      io.stderr:write(('%d of its plots could not be drawn: %s\n'):format(#problems, problems[1]))
      return 1
   end
   return 0
end
