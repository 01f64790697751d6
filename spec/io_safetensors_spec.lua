local ffi = require 'ffi'
local hilo = require 'hilo'
local safetensors = require 'hilo.io.safetensors'
local helper = require 'spec.helper'

local folder = os.tmpname()
os.remove(folder)
assert(os.execute('mkdir -p ' .. folder) == 0)
local path = folder .. '/file.safetensors'

local function read(name) return helper.read_file(name or path) end

local function put(text) return helper.write_file(path, text) end

local function length_of(n)
   return ffi.string(ffi.new('uint64_t[1]', n), 8)
end

local function file_of(header, data) return length_of(#header) .. header .. (data or '') end

local function refused(text, expected)
   local message = helper.error_of(safetensors.load, put(text))
   assert.truthy(message:find('file.safetensors', 1, true), message)
   if expected then assert.truthy(message:find(expected, 1, true), message) end
end

--- What a program prints that cannot write files of more than a few KB, as on a full disk.
local function with_small_files(program)
   local script = folder .. '/program.lua'
   local f = assert(io.open(script, 'w'))
   f:write(('package.path = %q\nprint(select(2, pcall(function() %s end)))\n'):format(package.path, program))
   f:close()
   local pipe = io.popen(("(ulimit -f 8; exec luajit %s) 2>&1"):format(script))
   local text = pipe:read('*a')
   pipe:close()
   os.remove(script)
   return text
end

local function sample()
   return {
      weight = helper.by_formula('weight', {3, 4}, 2, 0, 'float'),
      double = hilo.DoubleTensor {1 / 3, -1e300},
      bytes = hilo.ByteTensor {0, 7, 255},
      ints = hilo.IntTensor {-2 ^ 31, 2 ^ 31 - 1},
      longs = hilo.LongTensor {2 ^ 52, -3},
      chars = hilo.Tensor {-128, 127, 1}:char(),
      shorts = hilo.Tensor {-32768, 32767}:short(),
      ['name "with\\ odd\n letters'] = hilo.Tensor {1, 2, 3},
   }
end

local function same(a, b)
   assert.equal(a:type(), b:type())
   assert.same(a:totable(), b:totable())
end

describe('safetensors', function()
   teardown(function() os.execute('rm -r ' .. folder) end)

   it('give back names, types, values and metadata', function()
      local tensors = sample()
      safetensors.save(path, tensors, {step = '12', ['a "key"'] = 'a\nvalue'})
      local loaded, metadata = safetensors.load(path)
      for name, t in pairs(tensors) do same(t, loaded[name]) end
      for name in pairs(loaded) do assert.truthy(tensors[name]) end
      assert.same({step = '12', ['a "key"'] = 'a\nvalue'}, metadata)
      assert.same(metadata, safetensors.metadata(path))
   end)

   it('are the same bytes for the same content, with elements where their type may begin', function()
      safetensors.save(path, sample(), {b = '1', a = '2'})
      local first = read()
      local other = {}
      local names = {}
      for name in pairs(sample()) do names[#names + 1] = name end
      for i = #names, 1, -1 do other[names[i]] = sample()[names[i]] end
      safetensors.save(path, other, {a = '2', b = '1'})
      assert.equal(first, read())
      local length = ffi.cast('uint64_t *', ffi.cast('const char *', first))[0]
      assert.equal(0, tonumber(length) % 8)
      for kind, start in first:gmatch('"dtype":"(%w+)","shape":%[[%d,]*%],"data_offsets":%[(%d+),') do
         assert.equal(0, tonumber(start) % require('hilo.io.elements').types[kind].bytes)
      end
   end)

   it('keep views of any strides, empty tensors, and tensors that share memory', function()
      local base = helper.by_formula('base', {4, 6}, 2, 0, 'float')
      safetensors.save(path, {transposed = base:t(), part = base:narrow(2, 2, 3), none = hilo.empty(0, 3), base = base})
      local t = safetensors.load(path)
      same(base:t():contiguous(), t.transposed)
      same(base:narrow(2, 2, 3):contiguous(), t.part)
      assert.same({0, 3}, t.none:size():totable())
   end)

   it('of no tensors are files too', function()
      safetensors.save(path, {})
      assert.same({}, (safetensors.load(path)))
   end)

   it('read half, bfloat16, bool, small integers and scalars', function()
      local header = [[{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]},]]
         .. [["t":{"dtype":"BOOL","shape":[2],"data_offsets":[8,10]},"c":{"dtype":"I8","shape":[2],"data_offsets":[10,12]},]]
         .. [["s":{"dtype":"I16","shape":[1],"data_offsets":[12,14]},"x":{"dtype":"U8","shape":[],"data_offsets":[14,15]}}]]
      local t = safetensors.load(put(file_of(header, '\0\60\255\251\128\63\73\192\1\0\255\127\0\128\9')))
      assert.same({1, -65504}, t.h:totable())
      assert.same({1, -3.140625}, t.b:totable())
      assert.same({1, 0}, t.t:totable())
      assert.same({-1, 127}, t.c:totable())
      assert.same({-32768}, t.s:totable())
      assert.same({9}, t.x:totable())
   end)

   it('are refused with a text that says what is wrong', function()
      local function one(fields, data) return file_of('{"a":{' .. fields .. '}}', data or '\0\0\0\0') end
      refused('', 'only 0 bytes')
      refused('\1\2\3', 'only 3 bytes')
      refused(length_of(100) .. '{}', 'header should have 100 bytes')
      refused(length_of(2 ^ 60) .. '{}', 'header should have')
      refused('\255\255\255\255\255\255\255\255{}', 'header should have')
      refused(file_of('[1]'), "does not begin with '{'")
      refused(file_of('{"a":'), 'not JSON')
      refused(file_of('{"a":nan}'), 'not JSON')
      refused(file_of('{}\0"a'), 'zero byte')
      refused(file_of(('{"a":'):rep(50)), 'not JSON')
      refused(file_of('{"a":1}'), 'not described by an object')
      refused(one('"dtype":"F32","shape":[1]'), 'lacks its two data_offsets')
      refused(one('"dtype":"F32","data_offsets":[0,4]'), 'has no shape')
      refused(one('"dtype":"F8","shape":[1],"data_offsets":[0,4]'), "type 'F8'")
      refused(one('"dtype":3,"shape":[1],"data_offsets":[0,4]'), "type '3'")
      refused(one('"shape":[1],"data_offsets":[0,4]'), 'cannot be read')
      refused(one('"dtype":"F32","shape":[-1],"data_offsets":[0,4]'), 'size of -1')
      refused(one('"dtype":"F32","shape":[1.5],"data_offsets":[0,4]'), 'size of 1.5')
      refused(one('"dtype":"F32","shape":["1"],"data_offsets":[0,4]'), 'size of 1')
      refused(one('"dtype":"F32","shape":[1e18],"data_offsets":[0,4]'), 'size of')
      refused(one('"dtype":"F32","shape":[1000000000000,0,1000000000000],"data_offsets":[0,0]'), 'bytes')
      refused(one('"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]'), 'needs')
      refused(one('"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]'), '9 dimensions')
      refused(one('"dtype":"F32","shape":{"x":1},"data_offsets":[0,4]'), 'has no shape')
      refused(one('"dtype":"F32","shape":[2],"data_offsets":[0,4]'), 'needs 8 bytes but has 4')
      refused(one('"dtype":"F32","shape":[1],"data_offsets":[0,8]'), 'lies at bytes 0 to 8 of 4')
      refused(one('"dtype":"F32","shape":[1],"data_offsets":[4,0]'), 'lies at bytes')
      refused(one('"dtype":"F32","shape":[1],"data_offsets":[-4,0]'), 'data offset of -4')
      refused(one('"dtype":"F32","shape":[1],"data_offsets":[0,4,8]'), 'lacks its two')
      refused(one('"dtype":"F32","shape":[1],"data_offsets":[0,4]', '\0\0\0\0\0'), 'belong to no tensor')
      refused(one('"dtype":"F32","shape":[1],"data_offsets":[1,5]', '\0\0\0\0\0'), 'belong to no tensor')
      local entry = '{"dtype":"U8","shape":[2],"data_offsets":[0,2]}'
      refused(file_of('{"a":' .. entry .. ',"b":' .. entry .. '}', '\1\2'), "'a' and 'b' overlap")
      refused(file_of('{"a":' .. entry .. ',"a":' .. entry .. '}', '\1\2'), "names 'a' twice")
      refused(file_of('{"a":' .. entry .. ',"\\u0061":' .. entry .. '}', '\1\2'), "names 'a' twice")
      refused(file_of('{"__metadata__":{"a":1},"a":' .. entry .. '}', '\1\2'), 'not a string')
      refused(file_of('{"__metadata__":[1],"a":' .. entry .. '}', '\1\2'), 'not a string')
      refused(file_of('{"__metadata__":"x","a":' .. entry .. '}', '\1\2'), 'not an object')
   end)

   it('are refused when cut short, wherever that is', function()
      safetensors.save(path, sample(), {note = 'x'})
      local text = read()
      for i = 0, 79 do refused(text:sub(1, math.floor(i * #text / 80))) end
   end)

   it('with a damaged header load or are refused, and nothing else', function()
      safetensors.save(path, sample(), {note = 'x'})
      local text, count = read(), 0
      local stop = 8 + tonumber(ffi.cast('uint64_t *', ffi.cast('const char *', text))[0])
      for at = 1, stop do
         local byte = string.char(require('bit').bxor(text:byte(at), at % 127 + 1))
         local ok, message = pcall(safetensors.load, put(text:sub(1, at - 1) .. byte .. text:sub(at + 1)))
         if not ok then
            count = count + 1
            assert.truthy(tostring(message):find('file.safetensors', 1, true), message)
         end
      end
      assert.is_true(count >= 60, count)
   end)

   it('do not take what is no table of tensors by name', function()
      assert.truthy(helper.error_of(safetensors.save, path, {1}):find('names must be strings', 1, true))
      assert.truthy(helper.error_of(safetensors.save, path, {a = 1}):find('values tensors', 1, true))
      assert.truthy(helper.error_of(safetensors.save, path, {a = hilo.Tensor {1}}, {b = 1}):find('must be a string', 1, true))
      assert.truthy(helper.error_of(safetensors.save, folder .. '/no/such/folder/x', {}):find('no/such/folder', 1, true))
   end)

   it('leave the old file where the new one cannot be written whole', function()
      safetensors.save(path, {a = hilo.Tensor {1, 2, 3}})
      local before = read()
      local message = with_small_files(('require "hilo.io.safetensors".save(%q, {a = require "hilo".zeros(100000)})'):format(path))
      assert.truthy(message:find('file.safetensors: cannot write: File too large', 1, true), message)
      assert.equal(before, read())
      local listing = io.popen('ls -A ' .. folder):read('*a')
      assert.equal('file.safetensors\n', listing)
   end)
end)
