--- prompt/errors.lua: looking around where an error was raised.
local errors = {}

local function stack(session)
   local frames = session.frames or session.failed
   if not frames or #frames.list == 0 then error('no error has left a stack to look at', 0) end
   session.frames = frames
   return frames
end

local function move(session, n, end_of_it)
   local frames = stack(session)
   if not frames:move(n) then session:say(end_of_it) end
   local frame = frames.list[frames.at]
   session:say('%d  %s, in %s', frames.at, frame.where, frame.what)
end

--- Looks at the caller; its variables can be named in what is typed next.
function errors.up(session) move(session, 1, 'that is the outermost') end

--- Looks at what was called.
function errors.down(session) move(session, -1, 'here the error was raised') end

--- Looks at no call any longer: the session's own variables are seen again.
function errors.leave(session)
   if not session.frames then error('no call is looked at', 0) end
   session.frames = nil
end

--- The stack, a line a call.
function errors.frames(session) session:say('%s', stack(session):text()) end

--- The variables of the call that is looked at, a line each.
function errors.locals(session)
   local frames, seen = stack(session), {}
   for _, variable in ipairs(frames.list[frames.at].variables) do
      seen[#seen + 1] = ('%s = %s'):format(session.paint('key', variable[1]),
         require('hilo.prompt.pretty').line(variable[2], session:width() - #variable[1] - 3))
   end
   session:say('%s', #seen > 0 and table.concat(seen, '\n') or 'none')
end

return errors
