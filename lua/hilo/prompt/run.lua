--- prompt/run.lua: run = open 'mine': a finished or running run at the prompt: what it was told, how it stands, its network and
--- its errors.
local core = require 'hilo.core'
local hilo = require 'hilo'

local run = {}

---@class OpenedRun
---@field name string
---@field path string
---@field options table<string, any> by flat keys
---@field scores table? of the end, or of the last evaluation so far
---@field state 'running'|'failed'|'finished'|'stopped'
---@field data RunData all that its files tell
---@field model Model its networks, restored when first asked for
---@field net DeepLab|ResNet the network of the model
---@field set DataSet
---@field split Split
local OpenedRun = {}

local later = {
   model = function(self) return hilo.open(self.path, self.open_options) end,
   net = function(self) return self.model.S or self.model.classifier end,
   set = function(self)
      local options = require('hilo.io.json').load(self.path .. '/options.json')
      return hilo.data.open(options.data)
   end,
   split = function(self)
      return core.check(self.data.split, '%s has no split.json, so which pictures it used is not known', self.path)
   end,
}

OpenedRun.__index = function(self, key)
   if later[key] then
      local value = later[key](self)
      rawset(self, key, value)
      return value
   end
   return OpenedRun[key]
end

--- A finished or running run, by its folder or its name below `runs`: what it was told, how it stands, its networks, its errors.
---
---     local run = open 'mine'
---     print(run, run.options.lr, run.scores.mean_iou)
---     print(run:worst(2))
---     local labels, found = run:predict 'street.jpg'
---@param name string
---@param options? OpenOptions of its model
---@return OpenedRun
function run.open(name, options)
   core.check(type(name) == 'string' and name ~= '', "open: expects the name of a run, as in open 'mine', got %s", type(name))
   options = options or {}
   local path = require('hilo.train.run_folder')(name, options.runs or 'runs')
   local data = require('hilo.report.run_data').read(path)
   return setmetatable({name = data.name, path = path, data = data, options = data.options, scores = data.scores, state = data.state,
      open_options = options}, OpenedRun)
end

--- Reads its files again, while it is running.
---@return OpenedRun self
function OpenedRun:refresh()
   self.data = require('hilo.report.run_data').read(self.path)
   self.options, self.scores, self.state = self.data.options, self.data.scores, self.data.state
   return self
end

--- Labels a picture, as Model:predict does.
---@param picture string|Tensor
---@param options? table
---@return Tensor? labels (H,W) byte
---@return Scores scores
---@return table more
function OpenedRun:predict(picture, options) return self.model:predict(picture, options) end

--- The pictures that measure of which the labels are worst, worst first. `show(run:worst(8))` shows them.
---@param n? integer 8
---@param part? 'val'|'labelled' whose pictures: 'val'
---@return WorstImage[]
function OpenedRun:worst(n, part) return require('hilo.prompt.worst').of(self, n or 8, part or 'val') end

local function score_text(data)
   if not data.metric then return 'no scores yet' end
   local text = ('%s %.2f'):format(data.metric, data.scores and data.scores[data.metric] or 0 / 0)
   return data.best and ('%s, best %.2f at step %d'):format(text, data.best.value, data.best.step) or text
end

OpenedRun.__tostring = function(self)
   local d = self.data
   local given, text_of = {}, require('hilo.options.values').text_of
   for _, key in ipairs(require 'hilo.keys'(d.given or {})) do given[#given + 1] = ('%s=%s'):format(key, text_of(d.given[key])) end
   local step = d.step and ('step %d%s'):format(d.step, d.steps and (' of %d'):format(d.steps) or '') or 'no step yet'
   return ('run %s in %s: %s, %s%s\n%s\n%s'):format(self.name, self.path, self.state, step, d.error and '; ' .. d.error or '',
      score_text(d), #given > 0 and table.concat(given, ' ') or 'all options as the script says')
end

return run
