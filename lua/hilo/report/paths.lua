--- report/paths.lua: from the page to the files it links to.
local unistd = require 'posix.unistd'

local paths = {}

-- The parts of an absolute path, without '.' and '..'.
local function parts_of(path)
   if path:sub(1, 1) ~= '/' then path = unistd.getcwd() .. '/' .. path end
   local parts = {}
   for part in path:gmatch('[^/]+') do
      if part == '..' then
         parts[#parts] = nil
      elseif part ~= '.' then
         parts[#parts + 1] = part
      end
   end
   return parts
end

--- The folder that a file lies in.
---@param path string
---@return string
function paths.folder(path) return path:match('^(.*)/[^/]*$') or '.' end

--- The last part of a path.
---@param path string
---@return string
function paths.name(path) return path:match('([^/]+)/*$') or path end

--- The way from a folder to a file, as a relative URL: any byte that means something in one is written %XX.
---@param from string a folder
---@param to string
---@return string
function paths.url(from, to)
   local a, b = parts_of(from), parts_of(to)
   local same = 0
   while same < #a and same < #b - 1 and a[same + 1] == b[same + 1] do same = same + 1 end
   local steps = {}
   for _ = same + 1, #a do steps[#steps + 1] = '..' end
   for i = same + 1, #b do
      steps[#steps + 1] = b[i]:gsub('[^%w%-._~]', function(c) return ('%%%02X'):format(c:byte()) end)
   end
   return (steps[1] == '..' and '' or './') .. table.concat(steps, '/')
end

return paths
