--- torch/xlua.lua: Torch7's package xlua: a progress bar, texts and tables.
local core = require 'hilo.core'

---@class hilo.torch.xlua
local xlua = {}

local bar = {}

-- 1h2m, 3m4s, 5s678ms, 9ms
local function duration(seconds)
   local whole = math.floor(seconds)
   local h, m, s = math.floor(whole / 3600), math.floor(whole / 60) % 60, whole % 60
   if h > 0 then return ('%dh%dm'):format(h, m) end
   if m > 0 then return ('%dm%ds'):format(m, s) end
   local ms = math.floor((seconds - whole) * 1000)
   return s > 0 and ('%ds%dms'):format(s, ms) or ('%dms'):format(ms)
end

--- Seconds as a short text.
---@param tm number
---@return string
function xlua.formatTime(tm) return duration(tm) end

--- A bar of how much is done, with the time that is left and that of a step; written where the standard output is a terminal, and
--- once, when all is done, elsewhere.
---@param current integer from 1
---@param goal integer
function xlua.progress(current, goal)
   local t = core.host.hl_host_time()
   if current <= 1 or not bar.start then bar.start, bar.first = t, current end
   local done = current - bar.first
   local step = done > 0 and (t - bar.start) / done or 0
   local on_terminal = core.host.hl_host_terminal_width(1) > 0
   local finished = current >= goal
   if not on_terminal and not finished then return end
   local width = math.max(10, (on_terminal and core.host.hl_host_terminal_width(1) or 80) - 50)
   local full = math.floor(width * math.min(1, current / goal))
   io.stdout:write(('\r [%s%s] %d/%d  %s: %s | Step: %s%s'):format(('='):rep(full), ('.'):rep(width - full), current, goal,
      finished and 'Tot' or 'ETA', duration(finished and t - bar.start or step * (goal - current)), duration(step),
      finished and '\n' or ''))
   io.stdout:flush()
   if finished then bar.start = nil end
end

--- Prints, as print.
---@param ... any
function xlua.print(...) print(...) end

--- An error in the name of a function.
---@param message string
---@param funcname? string
function xlua.error(message, funcname) core.raise(funcname and ('<%s> %s'):format(funcname, message) or message) end

--- Loads a package; nil where it is not installed.
---@param package string
---@param luarocks? boolean accepted for Torch7's sake
---@param server? string
---@return any
function xlua.require(package, luarocks, server)
   local _ = luarocks or server
   local ok, result = pcall(require, package)
   return ok and result or nil
end

--- A text without blanks in front and behind.
---@param s string
---@return string
function xlua.trim(s) return (s:match '^%s*(.-)%s*$') end

--- A text in pieces.
---@param s string
---@param separator? string pattern; blanks if not given
---@return string[]
function xlua.split(s, separator)
   local pieces, at = {}, 1
   separator = separator or '%s+'
   while true do
      local first, last = s:find(separator, at)
      if not first or last < first then break end
      pieces[#pieces + 1] = s:sub(at, first - 1)
      at = last + 1
   end
   pieces[#pieces + 1] = s:sub(at)
   return pieces
end

--- Number of entries of a table, those with names too.
---@param t table
---@return integer
function xlua.table2count(t)
   local n = 0
   for _ in pairs(t) do n = n + 1 end
   return n
end
xlua.tablesize = xlua.table2count

--- Arguments in a row or by name in a table, filled in; an error where a required one is missing:
--- xlua.unpack({...}, name, text, {arg = 'size', type = 'number', help = '...', req = true, default = 3}, ...).
---@param args table what the function was called with
---@param funcname string
---@param description string
---@param ... {arg: string, type: string, help: string?, req: boolean?, default: any, defaulta: string?}
---@return table dispatched by name
---@return ... each argument in its order
function xlua.unpack(args, funcname, description, ...)
   local specs, values, list = {...}, {}, {}
   local first = args[1]
   local named = #args == 1 and type(first) == 'table' and not core.is_tensor(first)
   for i, spec in ipairs(specs) do
      local value = args[i]
      if named then value = first[spec.arg] end
      if value == nil then value = spec.default end
      if value == nil and spec.defaulta then value = values[spec.defaulta] end
      core.check(value ~= nil or not spec.req, '<%s> %s: the argument %s is missing', funcname, description, spec.arg)
      values[spec.arg], list[i] = value, value
   end
   return values, unpack(list, 1, #specs)
end

return xlua
