--- report.lua: busted output: a line for each spec file, each failure in full, at the end "N passed, N failed".
return function(options)
   local busted = require 'busted'
   local handler = require 'busted.outputHandlers.base'()
   local start, file_start, in_file = os.clock(), nil, nil

   local function counts() return handler.successesCount, handler.failuresCount + handler.errorsCount, handler.pendingsCount end

   local function show(kind, element)
      io.write(('\n%s: %s (%s:%s)\n%s\n'):format(kind, handler.getFullName(element), element.trace and element.trace.short_src or '?',
         element.trace and element.trace.currentline or '?', tostring(element.message)))
      if options.verbose and element.trace then io.write(element.trace.traceback, '\n') end
   end

   handler.fileStart = function(file)
      file_start, in_file = os.time(), {counts()}
      io.write(('%-40s'):format(file.name))
      io.flush()
      return nil, true
   end

   handler.fileEnd = function()
      local passed, failed, pending = counts()
      io.write((' %4d passed, %d failed%s  %d s\n'):format(passed - in_file[1], failed - in_file[2],
         pending > in_file[3] and (', %d skipped'):format(pending - in_file[3]) or '', os.time() - file_start))
      io.flush()
      return nil, true
   end

   handler.suiteEnd = function()
      for _, pending in ipairs(handler.pendings) do
         io.write(('skipped: %s%s\n'):format(pending.name, pending.message and ' (' .. tostring(pending.message) .. ')' or ''))
      end
      for _, failure in ipairs(handler.failures) do show('failed', failure) end
      for _, failure in ipairs(handler.errors) do show('error', failure) end
      local passed, failed, skipped = counts()
      io.write(('\n%.0f s of processor time\n%d passed, %d failed%s\n'):format(os.clock() - start, passed, failed,
         skipped > 0 and (', %d skipped'):format(skipped) or ''))
      io.flush()
      return nil, true
   end

   handler.error = function(element, parent, message, ...)
      handler.baseError(element, parent, message, ...)
      return nil, true
   end

   busted.subscribe({'file', 'start'}, handler.fileStart)
   busted.subscribe({'file', 'end'}, handler.fileEnd)
   busted.subscribe({'suite', 'end'}, handler.suiteEnd)
   busted.subscribe({'error', 'file'}, handler.error)
   busted.subscribe({'failure', 'file'}, handler.error)
   busted.subscribe({'error', 'describe'}, handler.error)
   busted.subscribe({'failure', 'describe'}, handler.error)
   return handler
end
