--- version.lua: which hilo this is, and what it found on this machine.
local ffi = require 'ffi'
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local folder = require 'hilo.data.folder'
local git = require 'hilo.io.git'

local version = {number = '0.9.0'}

-- Hilo's own folder, without '/' behind it.
local own = core.root == './' and '.' or (core.root:gsub('/$', ''))

-- Of an installed hilo: what rocks/install.sh writes, the commit and how many files differed from it.
local function installed()
   local text = file.read_small(own .. '/commit') or ''
   return text:match('^%x+'), tonumber(text:match('^%x+\n(%d+)'))
end

--- The commit that it was made from, where that is known.
---@return string?
function version.commit()
   local head = git.head(own)
   return head and head.commit or (installed())
end

local patience = 1500 -- milliseconds for git to say which files are changed

local function changes(n) return n == 1 and '1 file changed' or ('%d files changed'):format(n) end

local function commit_line()
   local head = git.head(own)
   if head then
      local changed, n = git.status(own):changed(patience), 0
      for _, entry in ipairs(changed or {}) do if entry:sub(1, 2) ~= '??' then n = n + 1 end end
      return ('%s, a checkout in %s; %s'):format(head.commit or 'none yet', own,
         changed and changes(n) or 'git is not there to say what is changed')
   end
   local commit, n = installed()
   if not commit then return 'unknown: it was installed from no checkout, or without git' end
   return commit .. (n and n > 0 and ', ' .. changes(n) or '') .. ', installed in ' .. own
end

-- ---- devices ----

local variants = {{'baseline', 'hilo_cpu'}, {'avx2', 'hilo_cpu_avx2'}, {'avx512', 'hilo_cpu_avx512'},
   {'avx512bf16', 'hilo_cpu_avx512bf16'}}

local function processor_line()
   local built, chosen = {}, nil
   local device, reason = core.device 'cpu'
   for _, variant in ipairs(variants) do
      if folder.is_file(('%s/lib%s.so'):format(core.lib_dir, variant[2])) then built[#built + 1] = variant[1] end
      if device and device.file == variant[2] then chosen = variant[1] end
   end
   if not device then return reason end
   return ('%s%s, of %s; threads: %d'):format(chosen, os.getenv 'HILO_CPU' and ' as HILO_CPU says' or '', table.concat(built, ', '),
      device.lib.hl_threads())
end

ffi.cdef 'size_t cudnnGetVersion(void);'

-- 90300: 9.3.0; before 9 thousands and hundreds, 8907: 8.9.7.
local function cudnn()
   for _, name in ipairs {'libcudnn.so.9', 'libcudnn.so.8'} do
      local ok, lib = pcall(ffi.load, name)
      if ok then
         local n = tonumber(lib.cudnnGetVersion())
         local unit = n >= 90000 and 100 or 10
         local major = math.floor(n / (unit == 100 and 10000 or 1000))
         return ('cuDNN %d.%d.%d'):format(major, math.floor(n / 100) % (unit == 100 and 100 or 10), n % 100)
      end
   end
   return 'cuDNN is linked, its version not told'
end

local function cuda_line()
   if not folder.is_file(core.lib_dir .. '/libhilo_cuda.so') then return 'not built (`make cuda`)' end
   local device, reason = core.device 'cuda'
   if not device then return 'built, but does not load: ' .. reason end
   return ffi.string(device.lib.hl_device_name()) .. ', ' .. cudnn()
end

local function emu_line()
   return folder.is_file(core.lib_dir .. '/libhilo_emu.so') and 'built' or 'not built (`make emu`; for tests only)'
end

-- ---- what hilo can do without ----

ffi.cdef 'const char *sqlite3_libversion(void);'

local function library(names, says)
   for _, name in ipairs(names) do
      local ok, lib = pcall(ffi.load, name)
      if ok then
         local told, text = pcall(says, lib)
         return told and text or 'found'
      end
   end
   return nil
end

local function program(name)
   for place in (os.getenv 'PATH' or ''):gmatch('[^:]+') do
      if folder.is_file(place .. '/' .. name) then return place .. '/' .. name end
   end
   return nil
end

-- Name, what was found, what is missing without it.
local function optional()
   return {
      {'readline', library({'libreadline.so.8', 'libreadline.so.7'}, function(lib)
         ffi.cdef 'extern const char *rl_library_version;'
         return ffi.string(lib.rl_library_version)
      end), 'the prompt edits no lines and completes nothing'},
      {'SQLite', library({'libsqlite3.so.0'}, function(lib) return ffi.string(lib.sqlite3_libversion()) end), 'no sweeps'},
      {'gnuplot', program 'gnuplot', 'reports and plots have no curves'},
      {'git', program 'git', 'runs do not say which files were changed'},
   }
end

--- What `hilo --version` prints: version, commit, LuaJIT, the processor path, the devices, and what else is there.
---@return string
function version.text()
   local rows = {{'hilo', version.number}, {'commit', commit_line()}, {'LuaJIT', (jit.version:gsub('^LuaJIT ', ''))},
      {'processor', processor_line()}, {'cuda', cuda_line()}, {'emu', emu_line()}}
   for _, one in ipairs(optional()) do
      rows[#rows + 1] = {one[1], one[2] or ('not found: %s'):format(one[3])}
   end
   local lines = {}
   for i, row in ipairs(rows) do lines[i] = ('%-10s %s'):format(row[1], row[2]) end
   return table.concat(lines, '\n')
end

return version
