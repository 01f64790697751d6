local run = require 'hilo.prompt.run'
local tiny_runs = require 'spec.tiny_runs'

describe('a run at the prompt', function()
   local made
   setup(function() made = tiny_runs.make() end)
   teardown(function() made.remove() end)

   it('says how it stands, what it was told and what it scored', function()
      local r = run.open('sup', {runs = made.runs})
      assert.equal('finished', r.state)
      assert.equal(12, r.options.steps)
      assert.is_true(r.scores.mean_iou >= 0)
      assert.matches('^run sup in .*: finished, step 12 of 12\nmean_iou ', tostring(r))
      assert.matches('steps=12', tostring(r))
      assert.matches(' crop=32 ', tostring(r))
      r.data.given.scale = {0.5, 1.5}
      assert.matches(' scale=0.5,1.5 ', tostring(r))
      assert.equal(r, r:refresh())
   end)

   it('labels pictures by its network', function()
      local r = run.open('sup', {runs = made.runs})
      local labels = r:predict(r.set:image(r.split.val[1]))
      assert.equal(40, labels:size(1))
      assert.is_truthy(r.net.forward)
   end)

   it('shows the pictures whose labels are worst, worst first', function()
      local r = run.open('sup', {runs = made.runs})
      local worst = r:worst(8)
      assert.equal(#r.split.val, #worst)
      assert.is_true(worst[1].mean_iou <= worst[2].mean_iou)
      assert.equal(3, worst[1].picture:size(1))
      assert.equal(1, #r:worst(1))
      assert.equal(worst[1].name, r:worst(1)[1].name)
      assert.matches('^1  %S+  mean IoU [%d.]+\n2  ', tostring(worst))
      for _, n in ipairs {-3, 0, 1.5, '2'} do
         local ok, message = pcall(r.worst, r, n)
         assert.is_false(ok)
         assert.matches('worst: n must be a whole number of 1 or more, got ', message)
      end
      local _, lines = require('hilo.prompt.show.content').of(worst, {})
      assert.matches('^image, label map, prediction, errors', lines[1].text)
      assert.matches('^%s+0 background [%d.]+ %%$', lines[2].text)
      assert.same({r.model.palette[1], r.model.palette[2], r.model.palette[3]}, lines[2].rgb)
      assert.matches('^1  %S+  mean IoU', lines[#lines - #worst + 1].text)
      -- against the definition, class by class
      local sum, n = 0, 0
      local truth, found = worst[1].truth, worst[1].labels
      for class = 0, 2 do
         local both, either = 0, 0
         for y = 1, truth:size(1) do
            for x = 1, truth:size(2) do
               local a, b = truth:get(y, x), found:get(y, x)
               if a ~= 255 and (a == class or b == class) then
                  either, both = either + 1, both + (a == b and 1 or 0)
               end
            end
         end
         if either > 0 then sum, n = sum + both / either, n + 1 end
      end
      assert.near(100 * sum / n, worst[1].mean_iou, 1e-9)
   end)

   it('that is not there is an error which names it', function()
      local ok, message = pcall(run.open, 'nothing', {runs = made.runs})
      assert.is_false(ok)
      assert.matches("there is no run 'nothing'", message)
   end)
end)
