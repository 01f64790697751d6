-- Which pictures are meant by files, folders and lists that a user names.
local unistd = require 'posix.unistd'
local inputs = require 'hilo.predict.inputs'
local folder = require 'hilo.data.folder'
local tiny = require 'spec.tiny_set'

describe('pictures that a user names', function()
   local root
   before_each(function()
      root = tiny.folder()
      folder.make(root .. '/in/deep')
      for _, name in ipairs {'b.JPG', 'a.webp', 'deep/c.tif', 'notes.txt', '.hidden.png'} do tiny.write(root .. '/in/' .. name, '') end
   end)
   after_each(function() tiny.remove(root) end)

   local function named(...)
      local list = {}
      for i, picture in ipairs(inputs.pictures(...)) do
         list[i] = {picture.path:sub(#root + 2), picture.stem}
      end
      return list
   end

   it('are all that lie in a folder, in order, and in folders in it, but not where results go', function()
      assert.same({{'in/a.webp', 'a'}, {'in/b.JPG', 'b'}, {'in/deep/c.tif', 'deep/c'}}, named {root .. '/in/'})
      assert.same({{'in/a.webp', 'a'}, {'in/b.JPG', 'b'}}, named({root .. '/in'}, {skip = root .. '/in/deep'}))
   end)

   it('are found once where a link leads back', function()
      assert(unistd.link('..', root .. '/in/deep/back', true))
      assert.equal(3, #named {root .. '/in'})
   end)

   it('are those of a list, with a byte-order mark, comments and either line end', function()
      tiny.write(root .. '/list.txt', '\239\187\191in/b.JPG\r\n# none\r\n\r\nin/deep/c.tif\r\nin/b.JPG\r\n')
      assert.same({{'in/b.JPG', 'b'}, {'in/deep/c.tif', 'c'}, {'in/b.JPG', 'b-2'}}, named {root .. '/list.txt'})
      tiny.write(root .. '/list.txt', '# first\n\nin/x.png\n')
      assert.error_matches(function() named {root .. '/list.txt'} end, "line 3 names 'in/x.png', which is neither a file here nor in ")
   end)

   it('are missed with the endings that were looked for', function()
      os.execute(("rm '%s'/in/*.* '%s'/in/deep/*"):format(root, root))
      assert.error_matches(function() named {root .. '/in'} end, 'no pictures in .* %(files ending in %.jpg, .*%.webp.*%)')
      assert.error_matches(function() named {root .. '/out'} end, 'there is no picture, folder or list')
   end)
end)
