-- The report of runs and sweeps: what its HTML holds. spec/report_browser_spec.lua looks at it in a browser.
local hilo = require 'hilo'
local base64 = require 'hilo.io.base64'
local file = require 'hilo.io.file'
local fixture = require 'spec.report_fixture'
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local paths = require 'hilo.report.paths'
local report = require 'hilo.report'
local run_data = require 'hilo.report.run_data'
local importance = require 'hilo.sweep.importance'
local json = require 'hilo.io.json'
local ranking = require 'hilo.sweep.ranking'
local sweep_trials = require 'hilo.report.sweep_trials'
local tiny = require 'spec.tiny_set'

local folder, host = hilo.data.folder, require('hilo.core').host

-- The text between two marks, the first of them.
local function between(text, from, to)
   local _, start = text:find(from, 1, true)
   assert.truthy(start, 'there is no ' .. from)
   return text:sub(start + 1, (text:find(to, start, true) or #text + 1) - 1)
end

local function section(text, id) return between(text, ('<section aria-labelledby="%s-title" id="%s">'):format(id, id), '</section>') end

-- Rows of the first table under a caption, each a list of the texts of its cells.
local function rows_of(text, caption)
   local body = between(between(text, '<caption>' .. caption, '</table>'), '<tbody>', '</tbody>')
   local rows = {}
   for row in body:gmatch('<tr[^>]*>(.-)</tr>') do
      local cells = {}
      for cell in row:gmatch('<t[hd][^>]*>(.-)</t[hd]>') do cells[#cells + 1] = (cell:gsub('<[^>]*>', '')) end
      rows[#rows + 1] = cells
   end
   return rows
end

local function row_named(rows, name)
   for _, row in ipairs(rows) do if row[1] == name then return row end end
   error('no row ' .. name)
end

describe('the HTML builder', function()
   it('lets no text leave its place', function()
      assert.equal('<p title="&quot;&gt;&lt;b&gt;">&lt;script&gt;&amp;&#39;</p>', tostring(h.p {title = '"><b>', "<script>&'"}))
   end)

   it('nests elements, joins lists, and leaves out what is false or nil', function()
      assert.equal('<ul><li>1</li><li>a<b>x</b></li></ul>', tostring(h.ul {{h.li {1}, nil, h.li {'a', h.b {'x'}, false}}}))
      assert.equal('<input disabled>', tostring(h.input {disabled = true, checked = false}))
   end)

   it('shows bytes that are not UTF-8, control characters and hidden marks as signs', function()
      assert.equal('a\239\191\189b', h.escape('a\255b'))
      assert.equal('\226\144\128\226\144\155[31m\226\144\161', h.escape('\0\27[31m\127'))
      assert.equal('line\n\tline\nend', h.escape('line\n\tline\r\nend'))
      assert.equal('x\239\191\189gnp.exe', h.escape('x\226\128\174gnp.exe')) -- right-to-left override
      assert.equal('Bäume', h.escape('Bäume'))
   end)
end)

describe('numbers in a report', function()
   it('have as many decimals in all rows of a column', function()
      local format = numbers.column({0.5, 12.25, -30, 41, 38})
      assert.same({'0.50', '12.25', '\226\136\14630.00'}, {format(0.5), format(12.25), format(-30)})
      assert.equal('0.0421', numbers.column({0.5, 0.0421, 1e6})(0.0421)) -- one that is far off does not take the others' digits
      assert.same({'3', '120'}, {numbers.column({3, 120})(3), numbers.column({3, 120})(120)})
      assert.equal('NaN', numbers.column({1.5})(0 / 0))
   end)

   it('are written in options so that they are read back as they were', function()
      for _, x in ipairs {0.1, 1e-5, 2.5e-4, 0.1 + 0.2, 1 / 3, 123456789, 1e20, -7} do assert.equal(x, tonumber(numbers.option(x))) end
      assert.equal('1e-5', numbers.option(1e-5))
      assert.equal('0.9,0.99', numbers.option({0.9, 0.99}))
   end)

   it('tell durations and sizes', function()
      assert.same({'0.25 s', '5.1 s', '59 s', '3 min 05 s', '2 h 07 min'}, {numbers.duration(0.25), numbers.duration(5.1),
         numbers.duration(59.4), numbers.duration(185), numbers.duration(7620)})
      assert.same({'512 B', '3.2 MB', '1.5 GB'}, {numbers.bytes(512), numbers.bytes(3.2e6), numbers.bytes(1.5e9)})
   end)
end)

describe('paths in a report', function()
   it('are relative and hold no character that means something in a URL', function()
      assert.equal('../b/report.html', paths.url('/runs/a', '/runs/b/report.html'))
      assert.equal('./b/report.html', paths.url('/runs', '/runs/b/report.html'))
      assert.equal('./javascript%3Aalert%281%29%23%3F%25%22/a.html', paths.url('/runs', '/runs/javascript:alert(1)#?%"/a.html'))
      assert.equal('../b', paths.url('runs/./x/../a', 'runs/b'))
   end)
end)

describe('pictures in a report', function()
   it('are in base64', function()
      local known = {[''] = '', f = 'Zg==', fo = 'Zm8=', foo = 'Zm9v', foob = 'Zm9vYg==', fooba = 'Zm9vYmE=', ['\255\254\253'] = '//79'}
      for data, text in pairs(known) do
         assert.equal(text, base64.encode(data))
         assert.equal(data, base64.decode(text))
      end
      for _, text in ipairs {'Zg=', 'Z===', 'Zm9v!mE='} do assert.is_nil(base64.decode(text)) end
   end)
end)

describe('the script of a report', function()
   it('is the one that the page allows', function()
      local script = require 'hilo.report.script'
      local path = os.tmpname()
      tiny.write(path, script.text)
      local pipe = io.popen('sha256sum ' .. path)
      local digest = pipe:read('*a'):match('^%x+'):gsub('%x%x', function(byte) return string.char(tonumber(byte, 16)) end)
      pipe:close()
      os.remove(path)
      assert.equal(base64.encode(digest), script.hash)
   end)
end)

describe('the folder of a run', function()
   local runs
   before_each(function() runs = tiny.folder() end)
   after_each(function() tiny.remove(runs) end)

   local function read(o) return run_data.read(fixture.run(runs, o)) end

   it('tells what was asked, logged and reached', function()
      local run = read {name = 'a', given = {lr = 0.01}, value = 43.25}
      assert.equal('finished', run.state)
      assert.equal(0.01, run.options.lr)
      assert.equal('1/8', run.options['data.labelled'])
      assert.same({60, 60, 12, 3}, {run.step, run.steps, #run.log, #run.evaluations})
      assert.same({'mean_iou', 43.25, 60}, {run.metric, run.best.value, run.best.step})
      assert.near(4, run.rate, 1e-9)
      assert.same({}, run.notes)
   end)

   it('tells the learning rates of the event files', function()
      local run = read {name = 'a'}
      assert.equal(12, #run.rates.S.steps)
      assert.equal(60, run.rates.S.steps[12])
      assert.near(0.025, run.rates.S.values[6], 1e-7)
   end)

   it('counts the time of a continued run once', function()
      local path = fixture.run(runs, {name = 'a'})
      tiny.write(path .. '/log.jsonl', '{"step":10,"seconds":5}\n{"step":20,"seconds":9}\n'
         .. '{"step":30,"seconds":3}\n{"step":40,"seconds":7}\n')
      local run = run_data.read(path)
      assert.equal(16, run.seconds)
      assert.near(20 / 8, run.rate, 1e-9)
   end)

   it('may be one where a process is at work, or was', function()
      local path = fixture.run(runs, {name = 'a', finished = false, reached = 25, evaluated = false})
      assert.equal('stopped', run_data.read(path).state)
      local worker = io.popen(([[luajit -e "require('hilo.io.lock').take('%s'); io.open('%s/taken', 'w'):close(); io.read()"]])
         :format(path, runs), 'w')
      local limit = host.hl_host_time() + 20
      while not folder.is_file(runs .. '/taken') and host.hl_host_time() < limit do os.execute('sleep 0.02') end
      assert.equal('running', run_data.read(path).state)
      assert.matches('The first comes after step 60', file.read((report.runs({path}))))
      worker:close()
      assert.equal('failed', run_data.read(path, 'killed').state)
   end)

   it('may hold files that are damaged, which becomes a note', function()
      local path = fixture.run(runs, {name = 'a'})
      tiny.write(path .. '/options.json', '{"lr": ')
      tiny.write(path .. '/evaluation/confusion.json', '{"classes": ["a"], "matrix": [[1, 2]]}')
      tiny.write(path .. '/log.jsonl', '{"step": 5, "ce": 1}\nnonsense\n{"step": 10, "ce"')
      local run = run_data.read(path)
      assert.equal(3, #run.notes)
      assert.equal(1, #run.log)
      assert.is_nil(run.confusion)
   end)

   it('is none where nothing of a run is in it', function()
      assert.error_matches(function() run_data.read(runs) end, 'is not the folder of a run')
      assert.error_matches(function() run_data.read(runs .. '/x') end, "there is no run '.*/x'")
   end)
end)

describe('the report of a run', function()
   local runs, path, text
   setup(function()
      runs = tiny.folder()
      path = fixture.run(runs, {name = 'a', given = {lr = 0.01, mirror = false}, value = 43.25, pictures = 2,
         machine = {host = 'node7', processor = 'Z80', processors = 2, version = '0.9.0', commit = ('ab'):rep(20), peak_memory = 312e6,
            git = {commit = ('cd'):rep(20), branch = 'main', changed = {' M lua/x.lua'}}, seconds = 15, steps_per_second = 4.5,
            sessions = {{started = '2026-03-01T10:20:30Z', ended = 'finished'}}, command = 'hilo x.lua lr=0.01'}})
      local out, problems = report.runs({path})
      assert.equal(path .. '/report.html', out)
      assert.same({}, problems)
      text = file.read(out)
   end)
   teardown(function() tiny.remove(runs) end)

   it('is one file that refers to nothing outside it', function()
      for _, attribute in ipairs {'src', 'href', 'xlink:href'} do
         for address in text:gmatch(' ' .. attribute .. '=["\'](.-)["\']') do assert.matches('^#', (address:gsub('^data:', '#'))) end
      end
      assert.is_nil(text:find('url%(') or text:find('@import') or text:find('<link rel="style'))
   end)

   it('shows how the options differ from the defaults, and who set them', function()
      local rows = rows_of(text, 'Options that differ from the defaults')
      assert.same({'lr', '0.01', '0.05', 'command line'}, row_named(rows, 'lr'))
      assert.same({'mirror', 'false', 'true', 'command line'}, row_named(rows, 'mirror'))
      assert.equal(3, #rows) -- steps is the third
   end)

   it('shows the scores of the end', function()
      local summary = section(text, 'summary')
      assert.matches('<dt>mean IoU</dt><dd>43.25</dd>', summary)
      assert.matches('<dt>pixel accuracy</dt><dd>63.25</dd>', summary)
      local rows = rows_of(text, 'IoU by class, percent')
      local iou = fixture.scores(43.25).iou
      assert.equal(4, #rows)
      for i, name in ipairs(fixture.classes) do assert.same({name, ('%.2f'):format(iou[name])}, rows[i]) end
   end)

   it('shows the confusion matrix in percent of the truth', function()
      local rows = rows_of(text, 'Percent of the pixels of each true class, at step 60')
      assert.same({'background', '70.0', '10.0', '10.0', '10.0', '1000'}, rows[1])
      assert.same({'sheep', '10.0', '10.0', '10.0', '70.0', '4000'}, rows[4])
   end)

   it('holds the pictures, byte for byte, with the colours of the classes', function()
      local pictures = section(text, 'pictures')
      for _, name in ipairs {'img_01', 'img_02'} do
         local bytes = file.read(('%s/evaluation/%s.png'):format(path, name))
         assert.truthy(pictures:find('src="data:image/png;base64,' .. base64.encode(bytes) .. '"', 1, true))
         assert.truthy(pictures:find('alt="' .. name .. ': image, truth, prediction and errors', 1, true))
      end
      assert.truthy(pictures:find('style="background:rgb(128,0,0)"></span>car', 1, true))
   end)

   it('shows speed, memory, machine, version and the state of the sources', function()
      local machine = section(text, 'machine')
      for _, fact in ipairs {'15 s', '4.5 steps/s', '312 MB', 'node7', 'Z80, 2 processors', '0.9.0 <code>abababababab', 'on main',
         'M lua/x.lua', 'hilo x.lua lr=0.01'} do assert.truthy(machine:find(fact, 1, true), fact) end
   end)

   it('draws a plot for each curve', function()
      local curves = section(text, 'curves')
      for _, title in ipairs {'ce', 'learning rate', 'mean IoU', 'pixel accuracy'} do
         assert.truthy(curves:find('">' .. title .. '</title>', 1, true), title)
      end
   end)

   it('goes where it is told', function()
      local out = runs .. '/elsewhere/page.html'
      assert.equal(out, (report.runs({path}, {out = out})))
      assert.is_true(folder.is_file(out))
   end)
end)

describe('the report of a run that measured what its method does', function()
   local runs, text
   setup(function()
      runs = tiny.folder()
      local path = fixture.run(runs, {name = 'a'})
      tiny.write(path .. '/log.jsonl', table.concat({'{"step":10,"seconds":1,"ce":2,"D/real":0.75,"D/fake":0.25}',
         '{"step":20,"scores":{"mean_iou":30},"diagnostics":{"confidence":{"val":0.25,"val_truth":0.5},'
            .. '"gradient_norm":{"ce":4,"st":0}}}',
         '{"step":40,"scores":{"mean_iou":40},"diagnostics":{"confidence":{"val":0.375,"val_truth":0.625},'
            .. '"own_figure":{"x_y":7}}}', ''}, '\n'))
      text = file.read((report.runs({path})))
   end)
   teardown(function() tiny.remove(runs) end)

   it('shows them in a section of their own', function()
      local part = section(text, 'diagnostics')
      assert.truthy(text:find('>What self-training does</h2>', 1, true))
      for _, title in ipairs {'D while it trains', 'confidence of D', 'gradient norms', 'own figure'} do
         assert.truthy(part:find('">' .. title .. '</title>', 1, true), title)
      end
      assert.is_nil(section(text, 'curves'):find('D/real', 1, true))
   end)

   it('lists the last value of each', function()
      local rows = rows_of(text, 'At the last evaluation that has the value')
      assert.same({{'confidence of D', 'predicted, validation', '0.375', '40'},
         {'confidence of D', 'label maps, validation', '0.625', '40'}, {'gradient norms', 'cross entropy', '4', '20'},
         {'gradient norms', 'self-training', '0', '20'}, {'own figure', 'x y', '7', '40'}}, rows)
   end)
end)

describe('the report of fusion', function()
   local function row(pixels, changed, gained, lost, present, wrong, right)
      return {pixels = pixels, changed = changed, gained = gained, lost = lost, present = present, removed_present = wrong,
         removed_absent = right}
   end

   it('shows what it changed in each class', function()
      local runs = tiny.folder()
      local path = fixture.run(runs, {name = 'a'})
      local scores = json.load(path .. '/scores.json')
      scores.results = {{method = 'alone', mean_iou = 30}, {method = 'alone + mlmt', mean_iou = 33}}
      scores.fusion = row(1000, 100, 60, 20, 9, 1, 4)
      scores.fusion.classes = {car = row(200, 50, 40, 5, 3, 1, 4), house = row(800, 50, 20, 15, 6, 0, 0)}
      json.save(path .. '/scores.json', scores)
      local text = file.read((report.runs({path})))
      local part = section(text, 'fusion')
      assert.matches('<dt>became right</dt><dd>6.00 %%</dd>', part)
      assert.matches('<dt>of them there</dt><dd>1</dd>', part)
      assert.same({{'car', '200', '25.00', '20.00', '2.50', '3', '1', '4'}, {'house', '800', '6.25', '2.50', '1.88', '6', '0', '0'}},
         rows_of(text, 'Percent of the pixels of each class; pictures'))
      assert.truthy(part:find('">What fusion changed</title>', 1, true))
      tiny.remove(runs)
   end)
end)

describe('the report of a run that is not finished', function()
   local runs
   before_each(function() runs = tiny.folder() end)
   after_each(function() tiny.remove(runs) end)

   local function page(o) return file.read((report.runs({fixture.run(runs, o)}))) end

   it('tells the error that ended it', function()
      local text = page {name = 'a', finished = false, reached = 5, evaluated = false,
         machine = {ended = 'failed', sessions = {{ended = 'failed', error = 'ce became nan at step 5'}}}}
      assert.matches('The run failed', text)
      assert.matches('ce became nan at step 5', section(text, 'summary'))
      assert.matches('There is no evaluation', text)
      assert.is_nil(text:find('id="classes"', 1, true))
   end)

   it('shows what there is of one that was stopped', function()
      local text = page {name = 'a', finished = false, reached = 45}
      assert.matches('resume=true', section(text, 'summary'))
      assert.matches('45 of 60', section(text, 'summary'))
      assert.matches('<dd>35.00</dd>', section(text, 'summary')) -- of the evaluation at step 40
   end)

   it('is a page even where the folder holds no more than the options', function()
      local path = fixture.run(runs, {name = 'a', finished = false, reached = 0, evaluated = false})
      os.remove(path .. '/log.jsonl')
      local text = file.read((report.runs({path})))
      assert.matches('0 of 60', section(text, 'summary'))
   end)
end)

describe('hostile names', function()
   it('are text wherever they stand', function()
      local runs = tiny.folder()
      local evil = '<script>alert(1)</script>"\'\n\27[2J\255&amp;'
      local classes = {'</td><img src=x onerror=alert(1)>', 'a"b', "c'd", 'e\nf'}
      local name = '<script>alert(2)<' .. 'b onmouseover="x">\n\''
      local path = fixture.run(runs, {name = name, classes = classes, given = {['data.root'] = evil, [evil] = evil},
         finished = false, machine = {[evil] = evil, host = evil, git = {branch = evil, changed = {evil}}, ended = 'failed',
            sessions = {{ended = 'failed', error = evil}, {started = evil, error = evil}}}})
      os.rename(path .. '/evaluation/img_01.png', path .. '/evaluation/"><svg onload=alert(1)>.png')
      local other = fixture.run(runs, {name = 'other', classes = classes})
      local results = fixture.sweep(runs, {name = 'sweep<script>', error = evil})
      results.script, results.axes = evil, {{name = evil, kind = 'choice', choices = {evil, 'x'}}}
      for _, trial in ipairs(results.trials) do trial.values = {[evil] = evil} end
      for _, page in ipairs {report.runs({path}), (report.runs({path, other})), (report.sweep(results))} do
         local text = file.read(page)
         local plain = text:gsub('<svg.-</svg>', '')
         assert.equal(1, select(2, plain:gsub('<script', '')), page)
         assert.is_nil(plain:find('<img src=x', 1, true) or plain:find('<b onmouseover', 1, true) or plain:find('<svg onload', 1, true))
         assert.is_nil(text:find('[%z\1-\8\11-\31\127]'))
         assert.equal(text, require('hilo.io.utf8').valid(text))
         for tag in plain:gmatch('<%a[^>]*>') do assert.is_nil(tag:gsub('="[^"]*"', ''):find(' on%a'), tag) end
      end
      tiny.remove(runs)
   end)
end)

describe('the report of several runs', function()
   local runs, text, out
   setup(function()
      runs = tiny.folder()
      local list = {fixture.run(runs, {name = 'a', value = 40}), fixture.run(runs, {name = 'b', value = 42.5, given = {lr = 0.01}}),
         fixture.run(runs, {name = 'c', finished = false, reached = 10, evaluated = false, given = {batch = 4}})}
      out = report.runs(list)
      text = file.read(out)
   end)
   teardown(function() tiny.remove(runs) end)

   it('lies beside them under their names', function() assert.equal(runs .. '/report-a-b-c.html', out) end)

   it('shows the options that differ, and no others', function()
      local rows = rows_of(text, 'Options that differ between the runs')
      assert.same({{'batch', '8', '8', '4'}, {'lr', '0.05', '0.01', '0.05'}}, rows)
   end)

   it('folds the options that only some of them have, unless these differ in them', function()
      local asked = require 'hilo.report.asked'
      local list = {{options = {lr = 1, gamma = 0.6, balanced = false}}, {options = {lr = 2, gamma = 0.7, balanced = false}},
         {options = {lr = 1, name = 'c'}}}
      local html = tostring(asked.of_runs(list, {'a', 'b', 'c'}))
      assert.same({{'gamma', '0.6', '0.7', '\226\128\147'}, {'lr', '1', '2', '1'}},
         rows_of(html, 'Options that differ between the runs'))
      assert.matches('<details.*1 option that not all runs have', html)
      assert.same({{'balanced', 'false', 'false', '\226\128\147'}}, rows_of(html, 'Options that not all runs have'))
   end)

   it('shows scores side by side', function()
      local rows = rows_of(text, 'Scores of the last evaluation')
      assert.same({'a', 'finished', '40.00', '60.00', '40.00'}, {unpack(row_named(rows, 'a'), 1, 5)})
      assert.equal('42.50', row_named(rows, 'b')[3])
      assert.equal('\226\128\147', row_named(rows, 'c')[3])
      local iou = rows_of(text, 'IoU by class, percent')
      assert.same({'car', '40.00', '42.50'}, row_named(iou, 'car'))
   end)

   it('holds the page of each run, to which the table leads', function()
      for i = 1, 3 do
         assert.truthy(text:find(('href="#run-%d"'):format(i), 1, true))
         assert.truthy(text:find(('id="run-%d"'):format(i), 1, true))
      end
   end)

   it('has no id twice', function()
      local seen = {}
      for id in text:gmatch(' id=["\'](.-)["\']') do
         assert.is_nil(seen[id], id)
         seen[id] = true
      end
   end)
end)

describe('the report of a sweep', function()
   local runs, results, text, out
   setup(function()
      runs = tiny.folder()
      results = fixture.sweep(runs, {trials = 12, folders = true})
      local problems
      out, problems = report.sweep(results, {pages = 4})
      assert.same({}, problems)
      text = file.read(out)
   end)
   teardown(function() tiny.remove(runs) end)

   it('lies in the sweep\'s folder', function() assert.equal(runs .. '/mysweep/report.html', out) end)

   it('lists configurations, best first, with mean, spread and n', function()
      local rows, before = rows_of(text, 'Configurations'), math.huge
      assert.equal(12, #rows)
      local complete = 0
      for _, row in ipairs(rows) do
         local trial = results.trials[tonumber(row[1]:match('%d+')) + 1]
         if trial.state == 'complete' then
            complete = complete + 1
            assert.equal(('%.2f'):format(trial.value), row[2])
            assert.truthy(row[3]:find(('%.2f'):format(trial.spread), 1, true) or row[3]:find(('%.3f'):format(trial.spread), 1, true))
            assert.equal('2', row[4])
            assert.is_true(trial.value <= before)
            before = trial.value
         end
      end
      assert.equal(9, complete)
   end)

   it('tells why the others have no value', function()
      local rows = rows_of(text, 'Configurations')
      local reasons = {}
      for _, row in ipairs(rows) do reasons[row[1]] = row[#row] end
      assert.matches('ce became nan', reasons['#6'])
      assert.matches('^pruned at step 20, at %d+%.%d%d$', reasons['#4'])
      assert.matches('^1 of 2 runs done', reasons['#11'])
   end)

   it('leads from every trial to its runs, seed by seed', function()
      for _, trial in ipairs(results.trials) do
         assert.truthy(text:find(('href="#trial-%d"'):format(trial.number), 1, true))
         local part = between(text, ('id="trial-%d"'):format(trial.number), '</details>')
         local rows = rows_of(part, 'Runs of trial')
         assert.equal(2, #rows)
         for i, run in ipairs(trial.runs) do
            local value = run.value and ('%.2f'):format(run.value) or '\226\128\147'
            assert.same({run.name, tostring(run.seed), value}, {unpack(rows[i], 1, 3)})
         end
      end
   end)

   it('writes the pages of the best runs, and links lead to them', function()
      local count = 0
      for link in text:gmatch('href="%./([^"]+)"') do
         assert.is_true(folder.is_file(runs .. '/mysweep/' .. link), link)
         count = count + 1
      end
      assert.equal(4, count)
      local best = ranking.best(results)
      for _, run in ipairs(best.runs) do assert.is_true(folder.is_file(run.path .. '/report.html')) end
   end)

   it('draws slices, all axes at once, history and curves', function()
      for _, axis in ipairs(results.axes) do
         assert.truthy(section(text, 'slices'):find(('<title [^>]*>mean IoU over %s</title>'):format(axis.name)), axis.name)
      end
      assert.matches('<title [^>]*>Parallel coordinates', section(text, 'parallel'))
      assert.equal(2, select(2, section(text, 'history'):gsub('<svg', '')))
   end)

   it('shows the importance of the options, the largest first', function()
      local shares = importance(results.axes, results.trials, {direction = 'max'})
      local page = file.read((report.sweep(results, {pages = 0, out = runs .. '/importance.html'})))
      local rows = rows_of(page, 'PED-ANOVA over 9 trials')
      assert.equal(#results.axes, #rows)
      for i, row in ipairs(rows) do
         assert.equal(('%.3f'):format(shares[row[1]]), row[2])
         assert.is_true(i == 1 or shares[row[1]] <= shares[rows[i - 1][1]])
      end
   end)

   it('gives the command of the best configuration, with every digit', function()
      local best = ranking.best(results)
      local command = sweep_trials.command(results, best)
      assert.equal(best.values.lr, tonumber(command:match(' lr=(%S+)')))
      assert.truthy(section(text, 'summary'):find((h.escape(command)), 1, true))
   end)

   it('tells what stages were told and how long all took, and gives commands of options that the script has', function()
      local staged = fixture.sweep(runs, {name = 'staged', trials = 1})
      local trial = staged.trials[1]
      staged.axes = {{name = 'row', kind = 'choice', choices = {'s4gan'}}}
      staged.fixed, staged.computed, trial.values, trial.seconds = {batch = 4}, true, {row = 's4gan'}, 20
      for _, run in ipairs(trial.runs) do run.options = {segmentation = {'staged/s4gan-0-s1'}, tau = 0.2} end
      staged.stages = {{name = 'staged/s4gan-0-s1', stage = 's4gan', path = runs .. '/none', script = 's.lua', seed = 1, curve = {},
         state = 'complete', seconds = 40, options = {steps = 500, ['data.labelled'] = '1/8'}}}
      local page = file.read((report.sweep(staged, {pages = 0})))
      assert.equal('data.labelled=1/8 steps=500', rows_of(section(page, 'stages'), 'Runs of stages')[1][6])
      assert.matches('time of all runs</dt><dd>1 min 00 s<', section(page, 'summary'))
      assert.matches('Options given to all runs.*The other options are computed for each trial', page)
      assert.not_matches('All other options are the defaults', page)
      assert.matches('hilo %S+ segmentation=staged/s4gan%-0%-s1 tau=0.2$', sweep_trials.command(staged, trial))
   end)

   it('ranks the lowest first where the lower is the better', function()
      local lower = fixture.sweep(runs, {trials = 5})
      lower.direction = 'min'
      local order = ranking.ordered(lower)
      assert.is_true(order[1].value < order[2].value)
   end)

   it('is a page before any trial is complete, and for a study that another program made', function()
      local empty = fixture.sweep(runs, {name = 'empty', trials = 1})
      empty.trials[1].state, empty.trials[1].value, empty.trials[1].runs = 'waiting', nil, {}
      empty.script, empty.runs, empty.pruner, empty.fixed, empty.defaults = '', '', nil, nil, nil
      local page = file.read((report.sweep(empty)))
      assert.matches('No trial is complete yet', page)
      assert.is_true(folder.is_file(runs .. '/empty/report.html')) -- beside the store
      empty.trials = {}
      assert.matches('There is none yet', file.read((report.sweep(empty))))
   end)

   it('of 50 trials x 2 seeds takes less than a few seconds', function()
      local large = fixture.sweep(runs, {name = 'large', trials = 50, seeds = 2})
      local began = os.clock()
      report.sweep(large)
      assert.is_true(os.clock() - began < 3)
   end)
end)

describe('hilo report', function()
   local runs
   setup(function()
      runs = tiny.folder()
      fixture.run(runs, {name = 'a'})
      fixture.run(runs, {name = 'lr=0.1'})
   end)
   teardown(function() tiny.remove(runs) end)

   local command = require 'hilo.report.command'

   local function said(words)
      local lines, real = {}, print
      _G.print = function(line) lines[#lines + 1] = line end
      local ok, code = pcall(command, words)
      _G.print = real
      assert(ok, code)
      return code, table.concat(lines, '\n')
   end

   it('takes names below the folder of runs, and paths', function()
      local code, text = said {'a', 'runs=' .. runs}
      assert.same({0, ('report: %s/a/report.html'):format(runs)}, {code, text})
      assert.equal(0, (said {runs .. '/a', runs .. '/lr=0.1', 'out=' .. runs .. '/both.html'}))
      assert.is_true(folder.is_file(runs .. '/both.html'))
   end)

   it('says what is wrong with its words', function()
      assert.error_matches(function() command {'b', 'runs=' .. runs} end, "there is no run or sweep 'b' in ")
      assert.error_matches(function() command {'a', 'rnus=' .. runs} end, "did you mean 'runs'")
      assert.error_matches(function() command {'a', 'runs=' .. runs, 'pages=1.5'} end,
         'pages must be a whole number of 0 or more, got 1.5')
   end)
end)

