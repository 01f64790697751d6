--- spec/switched.lua: specs of what `require 'hilo.torch'` changes. It changes what tensors do, so they run in one process for each
--- file, with the switch; the specs here tell what came of them.
---
---     require 'spec.switched'('Tensors of Torch7', function(it)
---        it('know their type', function() assert.equal('torch.DoubleTensor', torch.Tensor(2):type()) end)
---     end)
local in_child = arg and arg[0] and arg[0]:match 'spec/switched%.lua$' ~= nil

local function escaped(text) return (text:gsub('[\\\n\t]', {['\\'] = '\\\\', ['\n'] = '\\n', ['\t'] = '\\t'})) end
local function plain(text) return (text:gsub('\\(.)', {['\\'] = '\\', n = '\n', t = '\t'})) end

-- ---- in the process with the switch: each spec runs where it stands ----

local function run_one(name, f)
   local ok, message = xpcall(f, function(e) return debug.traceback(tostring(e), 2) end)
   io.stdout:write('\n\1', ok and 'holds' or 'fails', '\t', escaped(name), '\t', ok and '' or escaped(message), '\n')
end

if in_child then
   require 'hilo.torch'
   rawset(_G, 'assert', require 'luassert')
   package.loaded['spec.switched'] = function(_, body) body(run_one) end
   dofile(arg[1])
   io.stdout:write '\n\1end\n'
   os.exit(0)
end

-- ---- in busted's process ----

local core = require 'hilo.core'
local process = require 'hilo.io.process'

local function outcomes_of(path)
   local _, text = process.capture {'luajit', core.root .. 'spec/switched.lua', path}
   local outcomes = {}
   for word, name, message in text:gmatch '\n\1(%a+)\t([^\t\n]*)\t([^\n]*)' do
      outcomes[plain(name)] = word == 'holds' and '' or plain(message)
   end
   return outcomes, text
end

---@param title string
---@param body fun(it: fun(name: string, f: fun()))
return function(title, body)
   local path, outcomes, text = debug.getinfo(2, 'S').source:match '^@?(.*)', nil, nil
   local busted = getfenv(body) -- where busted's describe and it are
   busted.describe(title, function()
      body(function(name)
         busted.it(name, function()
            if not outcomes then outcomes, text = outcomes_of(path) end
            local message = outcomes[name]
            assert(message, 'the process with the switch ended before this spec:\n' .. text)
            assert(message == '', message)
         end)
      end)
   end)
end
