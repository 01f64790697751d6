-- The store of sweeps: Optuna's tables, and that nothing is lost where many write.
local hilo = require 'hilo'
local core = require 'hilo.core'
local axes = require 'hilo.sweep.axes'
local numbers = require 'hilo.sweep.numbers'
local process = require 'hilo.io.process'
local Reported = require 'hilo.sweep.reported'
local sqlite = require 'hilo.io.sqlite'
local tiny = require 'spec.tiny_set'
local dirent = require 'posix.dirent'
local unistd = require 'posix.unistd'

local Store = hilo.sweep.Store
local folder, store
before_each(function()
   folder = tiny.folder()
   store = Store.open(folder .. '/sweeps.db', {create = true})
end)
after_each(function()
   store:close()
   tiny.remove(folder)
end)

-- How many files below the folder this process has open.
local function held()
   local count = 0
   for fd in dirent.files '/proc/self/fd' do
      if (unistd.readlink('/proc/self/fd/' .. fd) or ''):sub(1, #folder) == folder then count = count + 1 end
   end
   return count
end

local function never() return false end
local function always() return true end

describe('a store', function()
   it('has the tables that Optuna makes, column by column', function()
      local golden = hilo.train.json.load(core.root .. 'spec/golden/sweep/optuna.json')
      for name, columns in pairs(golden.tables) do
         local ours = {}
         for i, row in ipairs(store.db:rows(('PRAGMA table_info(%s)'):format(name))) do
            ours[i] = {name = row.name, type = row.type, notnull = row.notnull, pk = row.pk}
         end
         assert.same(columns, ours, name)
         local unique = {}
         for _, index in ipairs(store.db:rows(('PRAGMA index_list(%s)'):format(name))) do
            if index.unique == 1 then
               local parts = {}
               for _, column in ipairs(store.db:rows(('PRAGMA index_info(%s)'):format(index.name))) do
                  parts[#parts + 1] = column.name
               end
               table.sort(parts)
               unique[#unique + 1] = table.concat(parts, ',')
            end
         end
         local wanted = {}
         for i, parts in ipairs(golden.unique[name]) do wanted[i] = table.concat(parts, ',') end
         table.sort(unique)
         table.sort(wanted)
         assert.same(wanted, unique, name)
      end
      assert.equal(golden.schema_version, store.db:value 'SELECT schema_version FROM version_info')
      assert.equal(golden.alembic_version, store.db:value 'SELECT version_num FROM alembic_version')
   end)

   it('of another schema is refused, and so is a file that is none', function()
      store.db:run 'UPDATE version_info SET schema_version = 11'
      local before = held()
      assert.has_error(function() Store.open(folder .. '/sweeps.db') end)
      assert.equal(before, held())
      tiny.write(folder .. '/text', ('no database '):rep(100))
      local ok, message = pcall(Store.open, folder .. '/text')
      assert.is_false(ok)
      assert.matches('not a database', message)
      ok, message = pcall(Store.open, folder .. '/none.db')
      assert.is_false(ok)
      assert.matches('there is no store', message)
   end)

   it('is closed after use, also where its user fails, and where a sweep is sought in it that it has not', function()
      local path, before = folder .. '/sweeps.db', held()
      assert.same({}, Store.use(path, function(used) return used:names() end))
      assert.error_matches(function() Store.use(path, function() error('a failure', 0) end) end, '^a failure$')
      assert.error_matches(function() hilo.sweep.results.load(path, 'none') end, "there is no sweep 'none'")
      assert.equal(before, held())
   end)

   it('gives the mean over seeds to a trial once all have ended, with their spread', function()
      local study = store:make_study('a', 'max')
      local id, number = study:add_trial()
      assert.equal(0, number)
      study:set_values(id, {(axes.parse('x', '0..1', 1))}, {x = 0.25})
      for seed = 1, 3 do
         study:add_runs(id, {{name = 'a/' .. seed, script = 's', seed = seed, options = {}, needs = {}}})
      end
      local found = {3, 5, 10}
      for seed = 1, 3 do
         local run = study:claim('me', never)
         assert.equal(seed, run.seed)
         study:report(run, {{step = 10, value = found[seed]}})
         assert.equal(seed == 3 and 1 or 0, #study:trials()[1].curve)
         assert.equal('running', study:trials()[1].state)
         study:complete(run, 'me', {value = found[seed], step = 10, seconds = 2})
      end
      local trial = study:trials()[1]
      assert.same({'complete', 6, 10, 6, 0.25}, {trial.state, trial.value, trial.curve[1].step, trial.curve[1].value, trial.values.x})
      local result = hilo.sweep.results.of(study).trials[1]
      assert.near(math.sqrt((9 + 1 + 16) / 2), result.spread, 1e-12)
      assert.same({3, 6}, {result.n, result.seconds})
   end)

   it('keeps infinite values and those that are no numbers as Optuna does', function()
      for _, value in ipairs {math.huge, -math.huge, 1.5} do assert.equal(value, numbers.restored(numbers.stored(value))) end
      local nan = numbers.restored(numbers.stored(0 / 0))
      assert.is_true(nan ~= nan)
      assert.is_nil(numbers.spread {1})
   end)

   it('counts the time of a run whose trial was pruned', function()
      local study = store:make_study('a', 'max')
      local id = study:add_trial()
      study:add_runs(id, {{name = 'a/1', script = 's', seed = 1, options = {}, needs = {}}})
      local run = study:claim('me', never)
      study:prune(id)
      study:release(run, 'me', {step = 10, seconds = 7})
      local trial = hilo.sweep.results.of(study).trials[1]
      assert.same({'pruned', 7}, {trial.state, trial.seconds})
   end)

   it('gives a run to one owner at a time, and to another one where the first is gone', function()
      local study = store:make_study('a', 'max')
      study:add_runs((study:add_trial()), {{name = 'a/1', script = 's', seed = 1, options = {}, needs = {}}})
      local run = study:claim('first', never)
      assert.is_nil((study:claim('second', never)))
      local again, former = study:claim('second', always)
      assert.same({run.run_id, 'first'}, {again.run_id, former})
      study:complete(run, 'first', {value = 1}) -- it is not the first one's any more
      assert.equal('RUNNING', study:run_state(run))
      assert.equal(1, #study:lost('first', {run}))
      study:complete(again, 'second', {value = 2})
      assert.equal(2, study:trials()[1].value)
      study:forget_run(again) -- a coordinator plans it anew
      assert.equal(1, #study:lost('second', {again}))
      study:fail(again, 'second', {error = 'late'})
   end)

   it('ends a run that dies again and again without getting on, and what waits for it', function()
      local study = store:make_study('a', 'max')
      local id = study:add_trial()
      study:add_runs(id, {{name = 'a/first', stage = 'first', script = 's', seed = 1, options = {}, needs = {}},
         {name = 'a/1', script = 's', seed = 1, options = {}, needs = {'a/first'}}})
      for death, step in ipairs {5, 5, 9, 9, 9} do
         local run = study:claim('me', never)
         assert.equal('a/first', run.name)
         study:died(run, 'me', {how = 'killed', step = step}, 2)
         assert.equal(death == 5 and 'FAIL' or 'WAITING', study:run_state(run))
      end
      assert.is_nil((study:claim('me', never)))
      assert.equal('failed', study:trials()[1].state)
      local failed = hilo.sweep.results.of(study)
      assert.matches('a/first, failed', failed.trials[1].error)
      assert.matches('3 times in a row without getting beyond step 9', failed.stages[1].error)
      assert.equal(2, study:retry_failed())
      assert.equal('running', study:trials()[1].state)
   end)

   it('loses nothing where 16 processes run 50 trials each', function()
      local worker = ([[
         local hilo = require 'hilo'
         local me = tonumber(arg[1])
         local study = hilo.sweep.Store.open('%s/sweeps.db'):study 'busy'
         for i = 1, 50 do
            study:transaction(function()
               local id, number = study:add_trial()
               study:add_runs(id, {{name = 'busy/' .. number, script = 's', seed = 1, options = {}, needs = {}}})
            end)
            local run = study:claim('worker' .. me, function() return false end)
            study:report(run, {{step = 1, value = run.number}, {step = 2, value = run.number / 3}})
            study:complete(run, 'worker' .. me, {value = run.number / 3, step = 2, seconds = 0})
         end
      ]]):format(folder)
      tiny.write(folder .. '/worker.lua', worker)
      local study, pids = store:make_study('busy', 'max'), {}
      for me = 1, 16 do
         pids[me] = process.start({'luajit', folder .. '/worker.lua', tostring(me)}, {output = folder .. '/said'})
      end
      for _, pid in ipairs(pids) do assert.equal(0, process.wait(pid).code, tiny.read(folder .. '/said')) end
      local trials = study:trials()
      assert.equal(800, #trials)
      for i, trial in ipairs(trials) do
         assert.same({i - 1, 'complete', (i - 1) / 3, 2}, {trial.number, trial.state, trial.value, #trial.curve})
      end
      assert.equal('ok', store.db:value 'PRAGMA integrity_check')
   end)
end)

describe('a database', function()
   it('keeps numbers, texts with zeros in them and nothing as they are', function()
      local db = sqlite.open(folder .. '/a.db', {create = true})
      db:exec 'CREATE TABLE t (i INTEGER, x FLOAT, s TEXT)'
      db:run('INSERT INTO t VALUES (?, ?, ?)', 2 ^ 52 + 1, 1 / 3, 'a\0b')
      db:run('INSERT INTO t VALUES (?, ?, ?)', nil, nil, nil)
      assert.same({{i = 2 ^ 52 + 1, x = 1 / 3, s = 'a\0b'}, {}}, db:rows 'SELECT * FROM t')
      db:close()
   end)

   it('tells a damaged file whose rows name no trial, or one that is not there', function()
      local study = store:make_study('s', 'max')
      study:add_trial()
      store.db:exec 'PRAGMA foreign_keys = OFF; ALTER TABLE trials RENAME TO whole; CREATE TABLE trials AS SELECT * FROM whole'
      assert.equal(1, #study:trials())
      store.db:exec 'UPDATE trials SET trial_id = NULL'
      local ok, why = pcall(study.trials, study)
      assert.is_false(ok)
      assert.matches('sweeps.db: a row names the trial nil, which is not there: the file is damaged', why)
   end)

   it('undoes a transaction that errors, and says what is wrong with a statement', function()
      local db = sqlite.open(folder .. '/a.db', {create = true})
      db:exec 'CREATE TABLE t (i INTEGER)'
      assert.has_error(function()
         db:transaction(function()
            db:run('INSERT INTO t VALUES (1)')
            error('no')
         end)
      end)
      assert.equal(0, db:value 'SELECT COUNT(*) FROM t')
      local ok, message = pcall(db.run, db, 'INSERT INTO nowhere VALUES (1)')
      assert.is_false(ok)
      assert.matches('no such table: nowhere', message)
      assert.has_error(function() db:run('INSERT INTO t VALUES (?)') end)
      db:exec 'CREATE TABLE part (i INTEGER PRIMARY KEY, of INTEGER REFERENCES part (i) DEFERRABLE INITIALLY DEFERRED)'
      db:exec 'PRAGMA foreign_keys = ON'
      ok, message = pcall(db.transaction, db, function() db:run('INSERT INTO part VALUES (1, 2)') end) -- fails as it is committed
      assert.is_false(ok)
      assert.matches('FOREIGN KEY', message)
      db:transaction(function() db:run('INSERT INTO part VALUES (1, 1)') end)
      assert.equal(1, db:value 'SELECT COUNT(*) FROM part')
      db:close()
   end)
end)

describe('what a run reports', function()
   local function log(text)
      tiny.write(folder .. '/new', text)
      os.rename(folder .. '/new', folder .. '/log.jsonl') -- as a run that goes on writes its log anew
   end

   it('is read anew where the run goes on from a step before its last evaluation', function()
      local reported = Reported.new(folder, 'mean_iou')
      log '{"step": 1, "mse": 3}\n{"step": 2, "scores": {"mean_iou": 5}}\n{"step": 3, "mse": 2}\n'
      assert.same({{step = 2, value = 5}}, reported:poll())
      log '{"step": 1, "mse": 3}\n'
      assert.same({}, reported:poll())
      assert.is_false(reported:lacks_metric())
      assert.equal(3, reported.step)
   end)

   it('lacks a metric once it has evaluated and written losses without it', function()
      local reported = Reported.new(folder, 'f1')
      log '{"step": 1, "scores": {"mean_iou": 5}}\n'
      reported:poll()
      assert.is_false(reported:lacks_metric())
      log '{"step": 1, "scores": {"mean_iou": 5}}\n{"step": 2, "mse": 3}\n'
      reported:poll()
      assert.is_true(reported:lacks_metric())
      assert.same({'mean_iou'}, reported:known())
   end)

   it('is no number where there was none to write, and the best is a number where there is one', function()
      local reported = Reported.new(folder, 'f1')
      log '{"step": 1, "scores": {"f1": null}}\n{"step": 2, "scores": {"f1": 4}}\n{"step": 3, "scores": {"f1": null}}\n'
      assert.equal(3, #reported:poll())
      local last = reported:value('last', 'max')
      assert.is_true(last ~= last)
      assert.equal(4, reported:value('best', 'max'))
      assert.equal(4, reported:value('best', 'min'))
   end)
end)
