--- train/kept.lua: what a run keeps in its folder, its checkpoints above all: last.safetensors, and previous.safetensors, the one
--- before it, for the case that the last is damaged. Both are whole at any instant: a kill, a full disk or a power cut leaves one to go
--- on from.
local unistd = require 'posix.unistd'
local core = require 'hilo.core'
local hilo = require 'hilo'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local process = require 'hilo.io.process'

local kept = {}

--- Names in a run's folder.
kept.last, kept.previous, kept.best = 'last.safetensors', 'previous.safetensors', 'best.safetensors'

--- Writes the checkpoint, and keeps the one that was the last as the one before.
---@param path string of the run
---@param parts CheckpointParts
function kept.save(path, parts)
   local last, aside = path .. '/' .. kept.last, file.temporary(path .. '/' .. kept.previous)
   -- a second name for the old one, so that there is a last one at any instant; where the disk knows no such names it goes without
   local linked = folder.is_file(last) and unistd.link(last, aside) == 0
   local ok, why = pcall(hilo.io.checkpoint.save, last, parts)
   if linked and ok then
      os.rename(aside, path .. '/' .. kept.previous)
   elseif linked then
      os.remove(aside)
   end
   if not ok then error(why, 0) end
end

-- Why a file cannot be gone on from; nil where it can.
local function damage_of(path)
   local ok, why = pcall(hilo.io.checkpoint.verify, path)
   return not ok and tostring(why):gsub('^[^\n]-:%d+: ', '', 1) or nil -- not where in the script
end

-- What is left where no checkpoint can be gone on from.
local function way_out(path)
   local best = path .. '/' .. kept.best
   if not folder.is_file(best) or damage_of(best) then return 'begin anew with overwrite=true' end
   return ('the network at its best score, of step %d, is whole, and overwrite=true would remove it: begin another run with it, by '
      .. 'model.weights=%s and another name='):format(hilo.io.checkpoint.meta(best).step, best)
end

--- The checkpoint to go on from; nil where the run has none. A damaged one is told and set aside as damaged.safetensors.
---@param path string of the run
---@param say fun(text: string)
---@return string? path
function kept.sound(path, say)
   local last, previous = path .. '/' .. kept.last, path .. '/' .. kept.previous
   local why_last = folder.is_file(last) and damage_of(last)
   if folder.is_file(last) and not why_last then return last end
   if not folder.is_file(previous) then
      if why_last then core.raise(('%s; the run has no other checkpoint to go on from: %s'):format(why_last, way_out(path))) end
      return nil
   end
   local why = damage_of(previous)
   if why then
      core.raise(('%s; nor can the checkpoint before it be read: %s'):format(why_last or last .. ' is missing', way_out(path)))
   end
   say(why_last and ('%s\nIt is kept as damaged.safetensors, and the run goes on from the checkpoint before it'):format(why_last)
      or ('%s is missing; the run goes on from the checkpoint before it'):format(last))
   if why_last then os.rename(last, path .. '/damaged.safetensors') end
   return previous
end

--- The checkpoint that another run takes the network of: the last, or, where that is damaged, the one before or the best; that is told.
---@param path string of the run
---@param say fun(text: string)
---@return string? path nil where the run has none
function kept.readable(path, say)
   local why
   for _, name in ipairs {kept.last, kept.previous, kept.best} do
      local checkpoint = path .. '/' .. name
      if folder.is_file(checkpoint) then
         local damage = damage_of(checkpoint)
         if damage then
            why = why or damage
         else
            if why then say(('%s; %s is taken in its place'):format(why, checkpoint)) end
            return checkpoint
         end
      end
   end
   core.check(not why, '%s; the run has no other checkpoint that can be read', why)
   return nil
end

--- Removes what processes that were killed left half written in a run's folder and those inside it.
---@param path string
---@param is_inside? boolean
function kept.clear_temporary(path, is_inside)
   for _, name in ipairs(folder.list(path, {hidden = true})) do
      local pid, whole = file.is_temporary(name), path .. '/' .. name
      if pid and not process.started(pid) then os.remove(whole) end
      if not is_inside and folder.is_folder(whole) then kept.clear_temporary(whole, true) end
   end
end

--- What a folder holds that stands in the way of another run: 'run'; 'log', that of a run which ended before its first checkpoint, of
--- which there is nothing to keep; 'runs', as the folder of a sweep does; nil where there is none of these.
---@param path string
---@return 'run'|'log'|'runs'|nil
function kept.found(path)
   local log = folder.is_file(path .. '/log.jsonl')
   for _, name in ipairs {kept.last, kept.previous, kept.best, 'damaged.safetensors', 'scores.json'} do
      if folder.is_file(path .. '/' .. name) then return log and 'run' or nil end
   end
   for _, name in ipairs(folder.is_file(path .. '/options.json') and {} or folder.list(path)) do
      if folder.is_file(('%s/%s/options.json'):format(path, name)) then return 'runs' end
   end
   return log and 'log' or nil
end

--- Removes what a run leaves in its folder, but for what its tracking does.
---@param path string
function kept.remove(path)
   for _, name in ipairs {'options.json', 'defaults.json', 'classes.json', 'split.json', 'tags.json', 'log.jsonl', 'scores.json',
      'class_scores.json', kept.last, kept.previous, kept.best, 'damaged.safetensors'} do
      os.remove(path .. '/' .. name)
   end
end

return kept
