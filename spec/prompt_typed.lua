--- What the prompt prints where text is typed without a terminal.
local core = require 'hilo.core'

--- @param text string
--- @param arguments? string of hilo
--- @param environment? string 'NAME=value'
--- @return string of both outputs
return function(text, arguments, environment)
   local path = os.tmpname()
   local file = assert(io.open(path, 'w'))
   file:write(text)
   file:close()
   local pipe = assert(io.popen(('env %s luajit %slua/bin/hilo %s < %s 2>&1'):format(environment or '', core.root, arguments or '',
      path)))
   local out = pipe:read('*a')
   pipe:close()
   os.remove(path)
   return out
end
