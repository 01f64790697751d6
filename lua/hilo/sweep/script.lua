--- sweep/script.lua: what a script says of its options, without running it any further.
local core = require 'hilo.core'
local folder = require 'hilo.data.folder'
local json = require 'hilo.io.json'
local options = require 'hilo.train.options'
local process = require 'hilo.io.process'
local script_path = require 'hilo.script_path'

local script = {}

--- How a script is started: the words before its options.
---@param path string
---@return string[]
function script.command(path)
   return {'luajit', core.root .. 'lua/bin/hilo', path}
end

--- The word that lets a run go on with what its folder holds, or begin in it.
---@param path string of the run's folder
---@return string
function script.beginning(path) return folder.is_file(path .. '/options.json') and 'resume=true' or 'overwrite=true' end

--- Where a script lies.
---@param path string also one below hilo's own folder
---@return string
function script.place(path) return script_path(path, core.root) end

--- Asks a script for its options.
---@param path string
---@return {defaults: table<string, any>, variants: table<string, string[]>}? description nil where the script ended without naming any
function script.describe(path)
   core.check(core.host.hl_host_path_kind(script.place(path)) == 1, 'sweep: there is no script %s', path)
   local words = script.command(path)
   words[#words + 1] = 'describe'
   local code, text = process.capture(words)
   for line in text:gmatch('[^\n]+') do
      if line:sub(1, #options.description) == options.description then
         return json.decode(line:sub(#options.description + 1), path)
      end
   end
   core.check(code == 0, 'sweep: %s cannot tell its options: %s', path,
      text:match('([^\n]+)%s*$') or ('it ended with status %d'):format(code))
   return nil
end

return script
