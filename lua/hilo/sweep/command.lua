--- sweep/command.lua: `hilo sweep` as it is typed.
local aligned = require 'hilo.aligned'
local command = require 'hilo.command'
local core = require 'hilo.core'
local axes_of = require 'hilo.sweep.axes'
local csv = require 'hilo.io.csv'
local folder = require 'hilo.data.folder'
local sorted_keys = require 'hilo.keys'
local options = require 'hilo.options.values'
local process = require 'hilo.io.process'
local ranking = require 'hilo.sweep.ranking'
local Reported = require 'hilo.sweep.reported'
local scores = require 'hilo.sweep.scores'
local stat = require 'posix.sys.stat'
local sweep = require 'hilo.sweep'
local unistd = require 'posix.unistd'

local check, definition, results, Store = core.check, sweep.definition, sweep.results, sweep.Store

local usage = [[
usage: hilo sweep SCRIPT key=values ...     try the values of options of a script; the same again continues
       hilo sweep SWEEP.lua key=values ...  the same from a table that a Lua file returns
       hilo sweep resume NAME               continue
       hilo sweep status [NAME]             how far it is
       hilo sweep best NAME                 the best configuration, and the command that runs it
       hilo sweep table NAME                every run: values, seed, state, scores, seconds, path; csv=FILE
                                            writes it, with the scores by class
       hilo sweep report NAME               write the report
       hilo sweep stop NAME                 let running trials save their checkpoints and end

best and table take metric=..., direction=min to rank by another score or loss that the runs have reported.

The status is 0, or 1 where trials have failed, or 130 where the sweep was stopped.

values: lr=1e-2,1e-3    a list              gamma=0.5..0.9       a range; 0.5..0.9:0.1 in steps
        batch=int:2..8  whole numbers       lr=log:1e-4..1e-2    a logarithmic range
        seed=1..3       seeds: a configuration's value is the mean over them
]]

local function usage_text()
   local lines = {usage, 'of the sweep itself, with their defaults:'}
   local meanings = options.meanings_of(definition.own)
   for _, key in ipairs(sorted_keys(definition.own)) do
      lines[#lines + 1] = ('  %-21s %s'):format(key .. '=' .. tostring(definition.own[key]), meanings[key])
   end
   lines[#lines + 1] = '  slurm.partition=..., slurm.time=..., any option of sbatch, with launcher=slurm\n'
   return table.concat(lines, '\n')
end

-- NAME, the options that say where the store is, and those of `more`, whose defaults are ''.
local function store_of(words, needs_name, more)
   local defaults = {runs = 'runs', store = ''}
   for _, key in ipairs(more or {}) do defaults[key] = '' end
   local names, where = command.read(words, {defaults = defaults, choices = {direction = definition.choices.direction}})
   check(#names <= 1, 'one sweep at a time, got %s', table.concat(names, ', '))
   local name = names[1]
   local store = Store.open(where.store ~= '' and where.store or where.runs .. '/sweeps.db')
   check(name or not needs_name, 'which sweep? %s has %s', store.path, table.concat(store:names(), ', '))
   if not name then return store end
   local study = store:study(name)
   if not study then options.choice('sweep', name, store:names()) end
   return store, study, where
end

-- What a study holds, by the metric that is asked for.
local function ranked(study, asked)
   local found = results.of(study)
   if asked.metric == '' and asked.direction == '' then return found end
   return scores.by(found, asked.metric ~= '' and asked.metric or found.metric,
      asked.direction ~= '' and asked.direction or found.direction)
end

local function write_report(found)
   local path, problems = require('hilo.report').sweep(found)
   print('report: ' .. path)
   io.stdout:flush()
   if #problems > 0 then io.stderr:write('not all of it could be drawn: ', problems[1], '\n') end
end

-- A command about a sweep: 'resume' goes on with it.
local function command_line(verb, name, runs, store)
   local words = {'hilo sweep ' .. verb, name}
   if runs ~= 'runs' then words[#words + 1] = process.quoted('runs=' .. runs) end
   if store ~= runs .. '/sweeps.db' then words[#words + 1] = process.quoted('store=' .. store) end
   return table.concat(words, ' ')
end

-- What goes on with a sweep: of one that a script has made that script alone.
local function continuation(study, saved)
   if saved and not saved.file then return 'the script that made it, once more' end
   local found = results.of(study)
   return command_line('resume', found.name, found.runs, found.store)
end

-- Whether any trial has failed.
local function tell_failures(found)
   local failed = false
   for _, trial in ipairs(found.trials) do
      if trial.state == 'failed' then
         failed = true
         io.stderr:write(('trial %04d failed: %s\n'):format(trial.number, trial.error or '?'))
      end
   end
   if failed then io.stderr:write('the same command with retry_failed=true tries again what failed\n') end
   return failed
end

local function finish(d, found, stopped)
   print(results.table(found, {most = 40}))
   io.stdout:flush() -- failures come below the table where both go to one file
   if stopped then
      tell_failures(found)
      io.stderr:write(('stopped (%s); to go on:  %s\n'):format(stopped, command_line('resume', found.name, found.runs, found.store)))
      return 130
   end
   if d.settings.report then write_report(found) end
   return tell_failures(found) and 1 or 0
end

local function carry_out(d) return finish(d, sweep.run(d)) end

local commands = {}

function commands.status(words)
   local store, study = store_of(words)
   local names = study and {study.name} or store:names()
   for _, name in ipairs(names) do
      local one = study or store:study(name)
      local counts, found = one:counts(), results.of(one)
      print(('%s: %d trials; runs: %d done, %d running, %d waiting, %d pruned, %d failed'):format(name, #found.trials, counts.COMPLETE,
         counts.RUNNING, counts.WAITING, counts.PRUNED, counts.FAIL))
      local saved = one:definition()
      for _, run in ipairs(one:runs()) do
         if run.state == 'RUNNING' then
            local gone = process.is_gone(run.owner)
            local who = ('looked after by %s, heard of %.0f s ago'):format(run.owner:match('^(.*):'), one.now() - run.heartbeat)
            if gone then who = 'whose coordinator has ended. To go on: ' .. continuation(one, saved) end
            local reported = Reported.new(saved.settings.runs .. '/' .. run.name, found.metric)
            reported:poll()
            print(('   %s at step %d, %s'):format(run.name, math.max(run.step, reported:reached()), who))
         end
      end
      if study and saved then print(results.table(found, {most = 40})) end
   end
   return 0
end

local function all_failed(found)
   for _, trial in ipairs(found.trials) do
      if trial.state ~= 'failed' then return false end
   end
   return #found.trials > 0
end

function commands.best(words)
   local _, study, asked = store_of(words, true, {'metric', 'direction'})
   local found = ranked(study, asked)
   local best = ranking.best(found)
   check(best or not all_failed(found), 'all trials of %s have failed, the first: %s; to see why each did:  %s', found.name,
      found.trials[1] and found.trials[1].error or '?', command_line('report', found.name, found.runs, found.store))
   check(best, 'no trial of %s has come to its end yet', found.name)
   print(('trial %04d: %s %.4f%s over %d run%s%s'):format(best.number, found.metric, best.value,
      best.spread and (' ± %.4f'):format(best.spread) or '', best.n, best.n == 1 and '' or 's',
      asked.metric == '' and '' or found.direction == 'min' and ', the lowest' or ', the highest'))
   local words_of = {}
   for _, key in ipairs(sorted_keys(best.runs[1] and best.runs[1].options or best.values)) do
      local value = (best.runs[1] and best.runs[1].options or best.values)[key]
      words_of[#words_of + 1] = process.quoted(('%s=%s'):format(key, axes_of.text_of(value)))
   end
   print(('hilo %s %s'):format(process.quoted(found.script), table.concat(words_of, ' ')))
   for _, run in ipairs(best.runs) do print(('   seed %d: %.4f   %s'):format(run.seed, run.value or 0 / 0, run.path)) end
   return 0
end

function commands.table(words)
   local _, study, asked = store_of(words, true, {'metric', 'direction', 'csv'})
   local found = ranked(study, asked)
   if asked.csv == '' then
      print(aligned(scores.texts(scores.rows(found, false), '%.5g')))
      return 0
   end
   local texts = scores.texts(scores.rows(found, true))
   csv.save(asked.csv, texts)
   print(('%s: %d runs'):format(asked.csv, #texts - 1))
   return 0
end

function commands.report(words)
   local _, study = store_of(words, true)
   write_report(results.of(study))
   return 0
end

-- Whether somebody runs runs of the sweep, or a cluster does.
local function is_under_way(study, on_slurm)
   for _, run in ipairs(study:runs()) do
      if run.state == 'RUNNING' and (on_slurm or not study.is_gone(run.owner, run.heartbeat)) then return true end
   end
   return study:is_owned()
end

function commands.stop(words)
   local _, study = store_of(words, true)
   study:ask_to_stop(true)
   local saved = study:definition()
   local on_slurm = saved and saved.settings.launcher == 'slurm'
   local under_way = is_under_way(study, on_slurm)
   if on_slurm and not study:is_owned() then
      require('hilo.sweep.launchers.slurm').cancel(study:runs())
   end
   local said = under_way and '%s is asked to stop; its runs save their checkpoints. To go on: %s'
      or 'nothing of %s is running. To go on: %s'
   print(said:format(study.name, continuation(study, saved)))
   return 0
end

local function same_file(a, b)
   local x, y = stat.stat(a), stat.stat(b)
   return x ~= nil and y ~= nil and x.st_dev == y.st_dev and x.st_ino == y.st_ino
end

function commands.resume(words)
   local store, study = store_of(words, true)
   local saved = study:definition()
   check(saved, '%s was not made by hilo sweep; name its script: hilo sweep SCRIPT name=%s store=%s ...', study.name, study.name,
      store.path)
   check(saved.file, '%s was made by a script that calls hilo.sweep; run that script again', study.name)
   check(saved.folder == unistd.getcwd(), 'the sweep was begun in %s, and its paths count from there: cd there first', saved.folder)
   local d = definition.read(saved.file, saved.words)
   check(d.settings.name == study.name and same_file(d.settings.store, store.path),
      'its command makes %s in %s, not %s in %s; repeat that with name=%s and the runs= and store= that it has now: hilo sweep %s ...',
      d.settings.name, d.settings.store, study.name, store.path, study.name, saved.file)
   store:close()
   return carry_out(d)
end

commands.task = require 'hilo.sweep.task'

--- Does what the words after `hilo sweep` say; returns the exit status.
---@param words string[]
---@return integer
return function(words)
   local helped = command.help(words, usage_text())
   if helped then return helped end
   local first = words[1]
   local rest = {unpack(words, 2)}
   if commands[first] and not folder.is_file(first) then return commands[first](rest) end
   if not folder.is_file(first) and not first:find('[./]') then
      options.choice('sweep', first, sorted_keys(commands))
   end
   return carry_out(definition.read(first, rest))
end
