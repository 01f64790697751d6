--- version.lua: which hilo this is.
local core = require 'hilo.core'
local file = require 'hilo.io.file'
local git = require 'hilo.io.git'

local version = {number = '0.9.0'}

-- Of an installed hilo: the file that `make install` writes.
local function installed_commit()
   local text = file.read_small(core.root .. 'commit')
   return text and text:match('^%x+')
end

--- The commit that it was made from, where that is known.
---@return string?
function version.commit()
   local head = git.head(core.root == './' and '.' or (core.root:gsub('/$', '')))
   return head and head.commit or installed_commit()
end

return version
