local hilo = require 'hilo'
local image = require 'hilo.io.image'
local helper = require 'spec.helper'

local folder

local read, write = helper.read_file, helper.write_file

local function picture(h, w, channels)
   local x = hilo.empty(channels, h, w, {dtype = 'byte'})
   local data = x:data()
   for i = 0, x:nElement() - 1 do data[i] = (i * 37 + math.floor(i / 11) * 5) % 256 end
   return x
end

-- One of: cut short, bytes changed, bytes removed, bytes put in, a stretch of zeros.
local function mutated(bytes, draw)
   local n = #bytes
   local at = 1 + math.floor(draw() * (n - 1))
   local kind = math.floor(draw() * 5)
   if kind == 0 then return bytes:sub(1, at) end
   if kind == 1 then
      for _ = 1, 1 + math.floor(draw() * 6) do
         at = 1 + math.floor(draw() * n)
         bytes = bytes:sub(1, at - 1) .. string.char(math.floor(draw() * 256)) .. bytes:sub(at + 1)
      end
      return bytes
   end
   local length = 1 + math.floor(draw() * 20)
   if kind == 2 then return bytes:sub(1, at - 1) .. bytes:sub(at + length) end
   if kind == 3 then return bytes:sub(1, at) .. bytes:sub(1, length) .. bytes:sub(at + 1) end
   return bytes:sub(1, at - 1) .. ('\0'):rep(length) .. bytes:sub(at + length)
end

describe('damaged image files', function()
   setup(function()
      folder = os.tmpname()
      os.remove(folder)
      assert(os.execute('mkdir ' .. folder) == 0)
   end)
   teardown(function() os.execute('rm -r ' .. folder) end)

   local makers = {
      ['an RGB PNG'] = function() return 'png', picture(23, 17, 3) end,
      ['a grey PNG'] = function() return 'png', picture(16, 31, 1) end,
      ['a JPEG'] = function() return 'jpg', picture(40, 33, 3) end,
   }
   for what, make in pairs(makers) do
      it('give an error or an image, and nothing else: ' .. what, function()
         local ending, x = make()
         local sound = folder .. '/sound.' .. ending
         image.save(sound, x)
         local bytes, draw, refused = read(sound), helper.numbers(#what), 0
         for i = 1, 100 do
            local path = write(('%s/damaged.%s'):format(folder, ending), mutated(bytes, draw))
            local ok, result = pcall(image.load, path)
            if ok then
               assert.is_true(hilo.isTensor(result))
            else
               refused = refused + 1
               assert.is_truthy(tostring(result):find('damaged.' .. ending, 1, true), ('%d: %s'):format(i, tostring(result)))
            end
         end
         assert.is_true(refused > 30, refused .. ' of 100 were refused')
      end)
   end

   it('that end early are errors, wherever they end', function()
      for _, ending in ipairs {'png', 'jpg'} do
         local sound = folder .. '/whole.' .. ending
         image.save(sound, picture(20, 20, 3))
         local bytes = read(sound)
         for n = 0, #bytes - 13, math.ceil(#bytes / 40) do
            local ok, message = pcall(image.load, write(folder .. '/short.' .. ending, bytes:sub(1, n)))
            assert.is_false(ok, ('%s of %d bytes'):format(ending, n))
            assert.is_truthy(tostring(message):find('short.' .. ending, 1, true))
         end
      end
   end)

   it('that are something else say so', function()
      for _, text in ipairs {'', 'hello', ('x'):rep(5000), '\137PNG\r\n\26\n', '\255\216\255'} do
         assert.is_false((pcall(image.load, write(folder .. '/other.png', text))))
      end
      local ok, message = pcall(image.load, folder .. '/missing.png')
      assert.is_false(ok)
      assert.is_truthy(tostring(message):find('missing.png', 1, true))
      assert.is_false((pcall(image.load, folder)))
   end)
end)
