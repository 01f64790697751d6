--- train/machine.lua: what a run ran on, for machine.json: processor, memory, system, hilo's version, the command, the state of the
--- working folder's git tree; and what the process used.
local ffi = require 'ffi'
local unistd = require 'posix.unistd'
local core = require 'hilo.core'
local hilo = require 'hilo'
local file = require 'hilo.io.file'
local git = require 'hilo.io.git'
local process = require 'hilo.io.process'
local processors = require 'hilo.processors'
local version = require 'hilo.version'

local machine = {}

local function read(path) return file.read_small(path) or '' end

local function kilobytes(text, name)
   local number = text:match('\n' .. name .. ':%s*(%d+) kB') or text:match('^' .. name .. ':%s*(%d+) kB')
   return number and tonumber(number) * 1024
end

local function processor()
   local text = read('/proc/cpuinfo')
   return text:match('model name%s*:%s*([^\n]+)') or text:match('Hardware%s*:%s*([^\n]+)') or jit.arch
end

local function system()
   local name = read('/etc/os-release'):match('PRETTY_NAME="?([^"\n]+)') or jit.os
   local kernel = read('/proc/sys/kernel/osrelease'):match('[^\n]+')
   return kernel and ('%s, kernel %s'):format(name, kernel) or name
end

local function command()
   local words = {}
   for word in read('/proc/self/cmdline'):gmatch('(%Z*)%z') do words[#words + 1] = process.quoted(word) end
   return table.concat(words, ' ')
end

--- The facts that hold for the life of the process.
---@param device string
---@return table
function machine.facts(device)
   local folder = unistd.getcwd()
   local top = folder and git.top(folder)
   local head = top and git.head(top)
   return {
      host = process.host(), processor = processor(), processors = processors(), threads = hilo.getnumthreads(),
      memory = kilobytes(read('/proc/meminfo'), 'MemTotal'), os = system(), device = device,
      device_name = device ~= 'cpu' and ffi.string(assert(core.device(device)).lib.hl_device_name()) or nil,
      version = version.number, commit = version.commit(), luajit = jit.version, command = command(), folder = folder,
      git = head and {folder = top, commit = head.commit, branch = head.branch} or nil,
   }
end

--- The most that the process used so far, in bytes.
---@param device string
---@return {peak_memory: number?, device_memory: number?} peak_memory: resident; device_memory: of tensors on a card
function machine.used(device)
   return {
      peak_memory = kilobytes(read('/proc/self/status'), 'VmHWM'),
      device_memory = device ~= 'cpu' and hilo.memory(device).peak or nil,
   }
end

return machine
