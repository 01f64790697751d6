--- report/asked.lua: what runs were told, how that differs from the defaults of their script, and from run to run.
local sorted_keys = require 'hilo.keys'
local h = require 'hilo.report.html'
local numbers = require 'hilo.report.numbers'
local parts = require 'hilo.report.parts'

local asked = {}

-- They name the run and say nothing of what it does.
local bookkeeping = {name = true, runs = true, resume = true, overwrite = true}

local function same(a, b) return a ~= nil and b ~= nil and numbers.option(a) == numbers.option(b) end

-- Where a value comes from that is not the script's own.
local function source(run, key)
   if run.given[key] ~= nil then return 'command line' end
   local named = {}
   for _, kind in ipairs {'recipe', 'preset'} do
      local value = run.options[kind]
      if value and value ~= 'default' then named[#named + 1] = kind .. '=' .. numbers.option(value) end
   end
   return #named > 0 and table.concat(named, ', ') or 'script'
end

local function value_cell(value)
   if value == nil then return h.span {class = 'soft', parts.none} end
   local text = numbers.option(value)
   return text == '' and h.span {class = 'soft', 'empty'} or h.code {text}
end

--- Options that differ from the script's own.
---@param run RunData
---@return {key: string, value: any, default: any, source: string}[]
function asked.changes(run)
   local list = {}
   for _, key in ipairs(run.defaults and sorted_keys(run.options) or {}) do
      if not bookkeeping[key] and not same(run.options[key], run.defaults[key]) then
         list[#list + 1] = {key = key, value = run.options[key], default = run.defaults[key], source = source(run, key)}
      end
   end
   return list
end

local value_columns = {{title = 'option'}, {title = 'value', class = 'value'}, {title = 'default', class = 'value'},
   {title = 'set by'}}

local function changes_table(run)
   local rows = {}
   for i, change in ipairs(asked.changes(run)) do
      rows[i] = {h.code {change.key}, value_cell(change.value), value_cell(change.default), change.source}
   end
   if #rows == 0 then return h.p {'All options are the defaults of the script.'} end
   return parts.table {caption = 'Options that differ from the defaults', columns = value_columns, rows = rows}
end

local function all_options(run)
   local rows = {}
   for i, key in ipairs(sorted_keys(run.options)) do
      rows[i] = {h.code {key}, value_cell(run.options[key]), run.defaults and value_cell(run.defaults[key])}
   end
   local columns = {value_columns[1], value_columns[2], run.defaults and value_columns[3]}
   local title = ('All %s'):format(numbers.count(#rows, 'option'))
   return parts.folded(title, parts.table {caption = 'All options', columns = columns, rows = rows})
end

local function split_facts(run)
   local list = {}
   for _, name in ipairs {'labelled', 'unlabelled', 'val'} do
      local images = run.split and run.split[name]
      if type(images) == 'table' then list[#list + 1] = {name == 'val' and 'validation' or name, numbers.count(#images, 'image')} end
   end
   return #list > 0 and parts.facts(list)
end

--- What one run was told.
---@param run RunData
---@return Html
function asked.of_run(run)
   if next(run.options) == nil then return h.p {'The folder tells no options.'} end
   local data = run.options['data.root']
   return h.join {
      parts.facts {{'script', run.script and h.code {run.script}}, {'data', data and h.code {data}}},
      split_facts(run),
      run.defaults and changes_table(run) or h.p {'The folder does not tell the defaults of the script.'},
      all_options(run),
   }
end

--- Keys of the options in which the runs that have them differ, and of those that some runs lack.
---@param runs RunData[]
---@return string[] differing
---@return string[] lacking without those that differ
function asked.differing(runs)
   local tables, differing, lacking = {}, {}, {}
   for i, run in ipairs(runs) do tables[i] = run.options end
   for _, key in ipairs(sorted_keys(unpack(tables))) do
      local values, differs = {}, false
      for _, run in ipairs(runs) do values[#values + 1] = run.options[key] end
      for i = 2, #values do differs = differs or not same(values[1], values[i]) end
      if differs and not bookkeeping[key] then
         differing[#differing + 1] = key
      elseif #values < #runs and not bookkeeping[key] then
         lacking[#lacking + 1] = key
      end
   end
   return differing, lacking
end

--- Options in which runs differ, a column a run; those that not all of their scripts have are folded.
---@param runs RunData[]
---@param names string[] of the runs
---@return Html
function asked.of_runs(runs, names)
   local columns, differing, lacking = {{title = 'option'}}, asked.differing(runs)
   for i, name in ipairs(names) do columns[i + 1] = {title = name, class = 'value'} end
   local function table_of(keys, caption)
      local rows = {}
      for r, key in ipairs(keys) do
         rows[r] = {h.code {key}}
         for i, run in ipairs(runs) do rows[r][i + 1] = value_cell(run.options[key]) end
      end
      return parts.table {caption = caption, columns = columns, rows = rows}
   end
   return h.join {
      #differing > 0 and table_of(differing, 'Options that differ between the runs') or h.p {'No option differs.'},
      #lacking > 0 and parts.folded(numbers.count(#lacking, 'option') .. ' that not all runs have',
         table_of(lacking, 'Options that not all runs have')),
   }
end

asked.value_cell = value_cell
asked.same = same

return asked
