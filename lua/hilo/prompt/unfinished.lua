--- prompt/unfinished.lua: modules whose loading came to no end. LuaJIT's `require` marks a module while its file runs and leaves the
--- mark where an error or Ctrl-C ends that: from then on every `require` of it fails, also when the file was mended.
local package, pairs = package, pairs

local unfinished = {}

local mark
package.preload['hilo.prompt.mark'] = function(name) mark = package.loaded[name] end
require 'hilo.prompt.mark'
package.preload['hilo.prompt.mark'], package.loaded['hilo.prompt.mark'] = nil, nil

--- Lets such modules be loaded again; to be called when no code runs.
function unfinished.forget()
   for name, value in pairs(package.loaded) do
      if value == mark then package.loaded[name] = nil end
   end
end

return unfinished
