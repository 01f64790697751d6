--- train/kept.lua: the checkpoints of a run: last.safetensors, and previous.safetensors, the one before it, for the case that the last
--- is damaged. Both are whole at any instant: a kill, a full disk or a power cut leaves one to go on from.
local unistd = require 'posix.unistd'
local core = require 'hilo.core'
local hilo = require 'hilo'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local process = require 'hilo.io.process'

local kept = {}

--- Names in a run's folder.
kept.last, kept.previous = 'last.safetensors', 'previous.safetensors'

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
   return not ok and tostring(why) or nil
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
      core.check(not why_last, '%s; the run has no other checkpoint: begin anew with overwrite=true', why_last)
      return nil
   end
   local why = damage_of(previous)
   core.check(not why, '%s; nor can the checkpoint before it be read: begin anew with overwrite=true', why)
   say(why_last and ('%s\nIt is kept as damaged.safetensors, and the run goes on from the checkpoint before it'):format(why_last)
      or ('%s is missing; the run goes on from the checkpoint before it'):format(last))
   if why_last then os.rename(last, path .. '/damaged.safetensors') end
   return previous
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

--- Removes the checkpoints of a run.
---@param path string
function kept.remove(path)
   for _, name in ipairs {kept.last, kept.previous, 'damaged.safetensors'} do os.remove(path .. '/' .. name) end
end

return kept
