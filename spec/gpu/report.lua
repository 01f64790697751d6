--- report.lua: the report of a card's check: each part leaves a file, and the report is made from all that there are, so that the
--- parts can run at different times.
local cjson = require 'cjson'
local shell = require 'spec.gpu.shell'

local report = {}

---@class PartResult
---@field part string
---@field ok boolean
---@field seconds number
---@field date string
---@field revision string of the source
---@field device string
---@field text string Markdown

local function first_line(command)
   local text, status = shell.output(command)
   return status == 0 and text:match '^[^\n]+' or nil
end

--- What the machine is: {name, value} in order.
---@param device string
---@param python string
---@return string[][]
function report.machine(device, python)
   local facts = {}
   local function add(name, value) facts[#facts + 1] = {name, value or 'not there'} end
   if device == 'cuda' then
      local gpu = first_line 'nvidia-smi --query-gpu=name,driver_version,memory.total,compute_cap --format=csv,noheader' or ''
      local name, driver, memory, capability = gpu:match '^(.-),%s*(.-),%s*(.-),%s*(.-)%s*$'
      add('card', name)
      add('its memory', memory)
      add('compute capability', capability)
      add('driver', driver)
   else
      add('device', device .. ', not a card: a trial of the check itself')
   end
   add('nvcc', (shell.output '${NVCC:-nvcc} --version || /usr/local/cuda/bin/nvcc --version'):match 'release ([^\n]+)')
   local folders = '/usr/include /usr/local/cuda/include/' -- the slash: the folder may be a link
   local header = first_line(('find %s -name "cudnn_version*.h" 2>/dev/null | head -n 1'):format(folders))
   local version = header and shell.read(header) or ''
   local major, minor, patch = version:match 'CUDNN_MAJOR%s+(%d+)', version:match 'CUDNN_MINOR%s+(%d+)',
      version:match 'CUDNN_PATCHLEVEL%s+(%d+)'
   add('cuDNN', major and ('%s.%s.%s'):format(major, minor, patch))
   add('PyTorch', first_line(shell.quoted(python) .. [[ -c 'import torch; print(torch.__version__, "CUDA", torch.version.cuda, "cuDNN",
torch.backends.cudnn.version() if torch.backends.cudnn.is_available() else "-")']]))
   add('processor', (shell.read '/proc/cpuinfo'):match 'model name%s*:%s*([^\n]+)')
   add('processor cores', first_line 'nproc')
   return facts
end

--- The source's revision; 'unknown' outside of a repository.
function report.revision() return first_line 'git describe --always --dirty 2>/dev/null' or 'unknown' end

--- Keeps a part's result.
---@param folder string
---@param result PartResult
function report.save(folder, result) shell.write(('%s/%s.result.json'):format(folder, result.part), cjson.encode(result) .. '\n') end

--- The results that the folder holds, in the order of names.
---@param folder string
---@param names string[]
---@return PartResult[]
function report.load(folder, names)
   local list = {}
   for _, name in ipairs(names) do
      local text = shell.read(('%s/%s.result.json'):format(folder, name))
      if text ~= '' then list[#list + 1] = cjson.decode(text) end
   end
   return list
end

local function minutes(seconds) return ('%d min %02d s'):format(math.floor(seconds / 60), math.floor(seconds % 60)) end

--- The report in Markdown.
---@param results PartResult[]
---@param machine string[][]
---@param date string
---@return string
function report.compose(results, machine, date)
   local lines = {'# hilo on a GPU', '', date, '', '| | |', '|---|---|'}
   local function add(format, ...) lines[#lines + 1] = select('#', ...) > 0 and format:format(...) or format end
   for _, fact in ipairs(machine) do add('| %s | %s |', fact[1], fact[2]) end
   add ''
   add '| part | result | time | source | done |'
   add '|---|---|---|---|---|'
   for _, r in ipairs(results) do
      add('| %s | %s | %s | %s, %s | %s |', r.part, r.ok and 'passed' or '**failed**', minutes(r.seconds), r.revision, r.device, r.date)
   end
   for _, r in ipairs(results) do
      add('\n## %s: %s\n', r.part, r.ok and 'passed' or 'failed')
      add '%s'
      lines[#lines] = r.text
   end
   return table.concat(lines, '\n') .. '\n'
end

return report
