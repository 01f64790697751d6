--- io/init.lua: files: weights, checkpoints, images.
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local kind_of = require 'hilo.io.kind'

---@class hilo.io
local io = {
   file = file,
   safetensors = require 'hilo.io.safetensors',
   pth = require 'hilo.io.pth',
   t7 = require 'hilo.io.t7',
   checkpoint = require 'hilo.io.checkpoint',
   image = require 'hilo.io.image',
}

--- Reads the tensors of a .pth or .safetensors file, told apart by what they hold, not by their names.
---
---     local tensors = hilo.io.load_tensors 'runs/mine/last.safetensors'
---@param path string
---@return table<string, Tensor> tensors, string[] notes on what was unwrapped
function io.load_tensors(path)
   file.check_path(path, 'load_tensors')
   local kind = kind_of(path)
   if kind == 'pth' then return io.pth.load(path) end
   core.check(kind ~= 't7', '%s is a file of Torch7, where .pth or safetensors is expected: hilo.load reads it', path)
   return (io.safetensors.load(path)), {}
end

--- Tensors without the 'module.' that DataParallel puts before every name.
---@param tensors table<string, Tensor>
---@param notes? string[] is told
---@return table<string, Tensor>
function io.unwrapped(tensors, notes)
   for name in pairs(tensors) do if name:sub(1, 7) ~= 'module.' then return tensors end end
   local stripped = {}
   for name, t in pairs(tensors) do stripped[name:sub(8)] = t end
   if notes then notes[#notes + 1] = "took 'module.' off every name" end
   return stripped
end

local function is_ignored(name, patterns)
   for _, pattern in ipairs(patterns) do if name:find(pattern) then return true end end
   return false
end

--- Copies weights from a .pth or .safetensors file into a network, by name.
---
--- A name or size that does not fit is an error that lists all of them, and the network stays as it was; with partial = true what
--- fits is taken and the report lists the rest.
---
---     local net = nn.Linear(2, 3)
---     hilo.io.safetensors.save('linear.safetensors', net:stateDict())
---     hilo.io.load_weights(net, 'linear.safetensors')
---@param net nn.Module
---@param path string
---@param options? {partial?: boolean, map?: (fun(name: string): string?), ignore?: string[]} map: the file's name -> the
--- network's, or nil
---   to leave it; ignore: Lua patterns of the file's names to leave
---@return LoadReport report loaded, missing, unexpected, mismatched, and notes on what was unwrapped or ignored
function io.load_weights(net, path, options)
   options = options or {}
   for key in pairs(options) do
      core.check(key == 'partial' or key == 'map' or key == 'ignore',
         "load_weights: unknown option '%s'; there are partial, map and ignore", tostring(key))
   end
   core.check(type(net) == 'table' and net.loadStateDict, 'load_weights: expected a module first, got %s', type(net))
   local tensors, notes = io.load_tensors(path)
   tensors = io.unwrapped(tensors, notes)
   local ignore = type(options.ignore) == 'string' and {options.ignore} or options.ignore or {}
   local given, from = {}, {}
   for name, t in pairs(tensors) do
      if not is_ignored(name, ignore) then
         local target = name
         if options.map then target = options.map(name) end
         if target ~= nil then
            core.check(not from[target], "load_weights: %s: '%s' and '%s' are both mapped to '%s'", path, name, tostring(from[target]),
               tostring(target))
            given[target], from[target] = t, name
         end
      end
   end
   local ok, report = pcall(net.loadStateDict, net, given, {partial = options.partial})
   if not ok then
      local text = tostring(report)
      core.raise(('load_weights: %s: %s'):format(path, text:match('loadStateDict: (.*)') or text))
   end
   report.notes = notes
   return report
end

return io
