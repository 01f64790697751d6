--- reduce.lua: what was found as a small script: lines of a program are left out as long as it ends as it did.
local calls = require 'spec.fuzz.calls'
local process = require 'spec.fuzz.process'

local reduce = {}

local function write(path, text)
   local file = assert(io.open(path, 'w'))
   file:write(text)
   file:close()
end

local function script(lines, seed, what)
   return ('-- spec/fuzz, calls, seed %d: %s\n'
      .. 'local fuzz = require \'spec.fuzz.try\'\nfuzz.print = true\nsetfenv(1, fuzz.environment())\n'
      .. 'hilo.manualSeed(%d)\n%s\n'):format(seed, what, seed % 2 ^ 31, table.concat(lines, '\n'))
end

-- A word for how a script ends: of an inner error its text without numbers.
local function outcome(path, folder, o)
   local status, text = process.luajit(path, folder, o, o.limit)
   local ending = process.ending(status, text)
   if ending then return ending end
   local printed = io.open(folder .. '/printed')
   local inner = printed:read '*a':match 'INNER[^\n]*'
   printed:close()
   return inner and inner:gsub('%d+', 'N') or 'nothing'
end

--- A program's seed as a script.
function reduce.calls(path, seed, what, o)
   local lines = calls.program(seed)
   write(path, script(lines, seed, what))
   if what:find '^leak' then return end
   local folder = os.tmpname() .. '.d'
   os.execute(("mkdir -p '%s'"):format(folder))
   local wanted = outcome(path, folder, o)
   if wanted ~= 'nothing' then
      for n = #lines, 1, -1 do
         local fewer = {unpack(lines)}
         table.remove(fewer, n)
         write(path, script(fewer, seed, what))
         if outcome(path, folder, o) == wanted then lines = fewer end
      end
   end
   write(path, script(lines, seed, what))
   os.execute(("rm -rf '%s'"):format(folder))
end

--- A damaged file's seed as a script that makes and reads it again; the file is kept beside it.
function reduce.files(path, seed, what)
   write(path, ("-- spec/fuzz, files, seed %d: %s\nlocal files = require 'spec.fuzz.files'\n"
      .. "files.prepare(os.getenv 'TMPDIR' or '/tmp')\n"
      .. "print(files.describe(%d))\nprint(files.run(%d))\n"):format(seed, what, seed, seed))
end

--- Planted ends are small already.
function reduce.planted() end

return reduce
