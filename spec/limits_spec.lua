--- limits_spec.lua: files and folders that ask for more than there is. Each gives an error soon, in a process whose memory is limited.
local ffi = require 'ffi'
local hilo = require 'hilo'
local core = require 'hilo.core'
local helper = require 'spec.helper'
local tiny = require 'spec.tiny_set'
local unistd = require 'posix.unistd'

local root
setup(function() root = tiny.folder() end)
teardown(function() tiny.remove(root) end)

local function le16(n) return string.char(n % 256, math.floor(n / 256)) end
local function le32(n) return le16(n % 65536) .. le16(math.floor(n / 65536)) end
local function be32(n) return le32(n):reverse() end

local function crc(text) return tonumber(core.host.hl_host_crc32(0, ffi.cast('const void *', text), #text)) end

local function chunk(kind, data) return be32(#data) .. kind .. data .. be32(crc(kind .. data)) end

local side = 65000

local function tiff_entry(tag, value) return le16(tag) .. le16(4) .. le32(1) .. le32(value) end

-- Headers of pictures of 65 000 x 65 000, with a few bytes of pixels.
local headers = {
   png = '\137PNG\r\n\26\n' .. chunk('IHDR', be32(side) .. be32(side) .. '\8\2\0\0\0') .. chunk('IDAT', 'x\156\3\0\0\0\0\1'),
   jpg = '\255\216\255\192\0\17\8' .. be32(side):sub(3) .. be32(side):sub(3) .. '\3\1\17\0\2\17\0\3\17\0'
      .. '\255\218\0\12\3\1\0\2\0\3\0\0\63\0',
   bmp = 'BM' .. le32(70) .. le32(0) .. le32(54) .. le32(40) .. le32(side) .. le32(side) .. le16(1) .. le16(24) .. (('\0'):rep(24)),
   tif = 'II*\0' .. le32(8) .. le16(7) .. tiff_entry(256, side) .. tiff_entry(257, side) .. tiff_entry(258, 8) .. tiff_entry(259, 1)
      .. tiff_entry(262, 1) .. tiff_entry(273, 8) .. tiff_entry(278, side) .. le32(0),
   -- WebP's own most is 16 383; the extended header can say more
   webp = 'RIFF' .. le32(40) .. 'WEBPVP8X' .. le32(10) .. '\0\0\0\0' .. le32(side - 1):sub(1, 3) .. le32(side - 1):sub(1, 3)
      .. 'VP8L' .. le32(8) .. '\47\255\255\255\15\0\0\0',
}

-- Runs Lua code in a process of so many threads that may have `mb` megabytes; returns what it printed.
local function limited(mb, code, threads)
   local script = root .. '/limited.lua'
   tiny.write(script, ("local hilo = require 'hilo'\nprint(select(2, pcall(function() %s end)))"):format(code))
   local limit = os.getenv 'HILO_SANITIZED' and '' or ('ulimit -v %d; '):format(mb * 1024)
   local pipe = io.popen(("%sOMP_NUM_THREADS=%d OPENBLAS_NUM_THREADS=%d timeout 60 luajit '%s' 2>&1; echo \"exit $?\""):format(limit,
      threads or 1, threads or 1, script))
   local text = pipe:read '*a'
   pipe:close()
   assert.matches('exit 0', text)
   return text
end

describe('within 600 MB', function()
   it('pictures of 65 000 x 65 000 are errors that say so, in each format', function()
      local code = {}
      for ending, bytes in pairs(headers) do
         tiny.write(('%s/large.%s'):format(root, ending), bytes)
         code[#code + 1] = ("print(pcall(hilo.io.image.load, '%s/large.%s'))"):format(root, ending)
      end
      local text = limited(600, table.concat(code, ' '))
      for ending in pairs(headers) do
         local line = text:match(('false[^\n]*large%%.%s[^\n]*'):format(ending))
         assert.truthy(line, ending .. ' in ' .. text)
         assert.is_truthy(line:find('65000', 1, true) or line:find('damaged', 1, true) or ending == 'webp', line)
      end
   end)

   it('files of 10^12 bytes are errors, whatever they are called', function()
      local code = {}
      for _, name in ipairs {'x.png', 'x.jpg', 'x.pth', 'x.safetensors', 'x.t7', 'x.json', 'x.txt', 'x.pkl'} do
         local path = root .. '/' .. name
         os.execute(("truncate -s 1000000000000 '%s'"):format(path))
         for _, f in ipairs {'io.image.load', 'io.load_tensors', 'train.json.load', 'data.folder.lines'} do
            code[#code + 1] = ("print(pcall(hilo.%s, '%s'))"):format(f, path)
         end
      end
      local text = limited(600, table.concat(code, ' '))
      assert.not_matches('true', text)
      assert.not_matches('not enough memory', text)
      assert.matches('x.txt: 1000000000000 bytes were to be read as one text', text)
      local n = select(2, text:gsub('false%s', ''))
      assert.equal(32, n, text)
   end)

   it('tensors of 10^12 elements are errors where the file says them', function()
      local header = '{"a":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}'
      tiny.write(root .. '/many.safetensors', le32(#header) .. le32(0) .. header)
      tiny.write(root .. '/many.t7', le32(4) .. le32(1) .. le32(3) .. 'V 1' .. le32(18) .. 'torch.FloatStorage' .. le32(3567587328)
         .. le32(232))
      local code = "print(pcall(hilo.io.load_tensors, '%s/many.safetensors')) print(pcall(hilo.load, '%s/many.t7'))"
      local text = limited(600, code:format(root, root))
      assert.matches('many.safetensors: [^\n]*cut short', text)
      assert.matches('false[^\n]*many.t7', text)
   end)
end)

-- OpenBLAS itself asks without end for memory that it does not get.
describe('where the system refuses the addresses that OpenBLAS takes', function()
   local function need_limit()
      if os.getenv 'HILO_SANITIZED' then pending 'the sanitizers take any amount of addresses' end
   end

   it('loading it is an error that says how many it would take', function()
      need_limit()
      assert.matches('OpenBLAS in 2 threads takes 516 MiB of addresses[^\n]*OMP_NUM_THREADS', limited(300, 'hilo.ones(2)', 2))
      assert.matches('^4\n', limited(360, 'print(hilo.matmul(hilo.ones(2, 2), hilo.ones(2, 1)):sum())'))
   end)

   it('products and LAPACK are errors, and go on where tensors were given back', function()
      need_limit()
      local text = limited(900, [[
         local x, full = hilo.ones(8, 8), hilo.ones(64, 2 ^ 20)
         print(pcall(hilo.matmul, x, x))
         print(pcall(hilo.potri, x))
         full = nil
         hilo.collect()
         print(hilo.matmul(x, x):sum())]], 2)
      local failed = 'false[^\n]*products of matrices in 2 threads take 387 MiB of addresses[^\n]*\n'
      assert.matches(failed .. failed .. '512\n', text)
   end)

   it('products in more threads than before are errors, in as many they go on', function()
      need_limit()
      local text = limited(1300, [[
         local x = hilo.ones(200, 200)
         print(hilo.matmul(x, x):sum())
         hilo.setnumthreads(8)
         print(pcall(hilo.matmul, x, x))
         hilo.setnumthreads(2)
         print(hilo.matmul(x, x):sum())]], 2)
      assert.matches('^8000000\nfalse[^\n]*products of matrices in 8 threads take 1548 MiB[^\n]*\n8000000\n', text)
   end)
end)

describe('a zip archive', function()
   -- One deflated member, of so many MiB of zeros, each of which takes about a thousand bytes.
   local function bomb(path, member, mib)
      local script = ([[import zipfile
with zipfile.ZipFile('%s', 'w', zipfile.ZIP_DEFLATED) as z:
    with z.open('%s', 'w', force_zip64=True) as f:
        for _ in range(%d): f.write(bytes(1 << 20))
]]):format(path, member, mib)
      tiny.write(root .. '/bomb.py', script)
      return os.execute(("python3 '%s/bomb.py' 2>/dev/null"):format(root)) == 0
   end

   it('that would unpack to far more than it has is refused before anything is unpacked', function()
      local path = root .. '/bomb.pth'
      if not bomb(path, 'a/data/0', 400) then pending 'there is no python3' end
      local text = limited(600, ("print(pcall(hilo.io.load_tensors, '%s'))"):format(path))
      assert.matches('bomb.pth: damaged zip archive: its members unpack to 419430400 bytes, more than 20 times', text)
   end)

   it('whose description of tensors has more than those of weights have is refused', function()
      local path = root .. '/described.pth'
      if not bomb(path, 'a/data.pkl', 70) then pending 'there is no python3' end
      local text = limited(600, ("print(pcall(hilo.io.load_tensors, '%s'))"):format(path))
      assert.matches('described.pth: its data.pkl has 73400320 bytes; those of weights have at most', text)
   end)
end)

describe('a folder', function()
   it('that links lead to by countless ways, or that holds itself, is told or read over', function()
      local path = root .. '/links'
      for level = 0, 29 do
         hilo.data.folder.make(('%s/%d'):format(path, level))
         unistd.link(('../%d'):format(level + 1), ('%s/%d/a'):format(path, level), true)
         unistd.link(('../%d'):format(level + 1), ('%s/%d/b'):format(path, level), true)
      end
      assert.matches('in more than 16 ways', helper.error_of(require 'hilo.data.tree'.of, path .. '/0'))
      local loop = root .. '/loop'
      hilo.data.folder.make(loop .. '/in')
      unistd.link('..', loop .. '/in/out', true)
      unistd.link('self', loop .. '/self', true)
      tiny.write(loop .. '/in/a.png', '')
      assert.same({'in/a.png'}, require 'hilo.data.tree'.of(loop).images)
   end)

   it('that lies too deep is told', function()
      local path = root .. '/deep'
      hilo.data.folder.make(path .. ('/d'):rep(70))
      assert.matches('/d lies more than 64 folders deep', helper.error_of(require 'hilo.data.tree'.of, path))
   end)

   it('of very many files is listed in time and memory by their number', function()
      local n = tonumber(os.getenv 'FILES') or 5000
      local path = root .. '/many'
      hilo.data.folder.make(path)
      for i = 1, n do tiny.write(('%s/%d.png'):format(path, i), '') end
      collectgarbage()
      local began, before = os.clock(), collectgarbage 'count'
      local found = require 'hilo.data.tree'.of(path)
      assert.equal(n, #found.images)
      assert.is_true(os.clock() - began < 1 + n * 50e-6)
      assert.is_true(collectgarbage 'count' - before < 1000 + n)
   end)
end)
