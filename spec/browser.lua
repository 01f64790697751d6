--- browser.lua: a headless Chromium for specs, told what to do over two pipes (the DevTools protocol: one JSON text a message, each
--- ended by a zero byte).
local cjson = require 'cjson'
local fcntl = require 'posix.fcntl'
local poll = require 'posix.poll'
local signal = require 'posix.signal'
local unistd = require 'posix.unistd'
local wait = require 'posix.sys.wait'
local core = require 'hilo.core'
local tiny = require 'spec.tiny_set'

local host = core.host

---@class Browser
local Browser = {}
Browser.__index = Browser

--- The program, nil where none is installed.
---@return string?
function Browser.program()
   for _, name in ipairs {'/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'} do
      if host.hl_host_path_kind(name) == 1 then return name end
   end
   return nil
end

--- busted's describe, pending where there is no browser.
---@param name string
---@param f function
function Browser.describe(name, f)
   local busted = require 'busted'
   if Browser.program() then return busted.describe(name, f) end
   busted.describe(name, function() busted.pending('needs chromium: apt-get install chromium') end)
end

-- In the child: messages are read from 3 and written to 4.
local function become(program, profile, commands, answers)
   unistd.setpid('p', 0, 0)
   local null = fcntl.open('/dev/null', fcntl.O_RDWR)
   for fd = 0, 2 do unistd.dup2(null, fd) end
   -- by way of high numbers, for one pipe may lie where the other has to go
   unistd.dup2(commands, 30)
   unistd.dup2(answers, 31)
   unistd.dup2(30, 3)
   unistd.dup2(31, 4)
   unistd.execp(program, {[0] = program, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars',
      '--remote-debugging-pipe', '--no-first-run', '--disable-background-networking', '--user-data-dir=' .. profile, 'about:blank'})
   unistd._exit(127)
end

--- Starts the browser with one page.
---@return Browser
function Browser.start()
   local profile = tiny.folder()
   local commands, input = unistd.pipe()
   local output, answers = unistd.pipe()
   local pid = assert(unistd.fork())
   if pid == 0 then become(Browser.program(), profile, commands, answers) end
   unistd.close(commands)
   unistd.close(answers)
   local self = setmetatable({pid = pid, input = input, output = output, profile = profile, number = 0, left = '',
      events = {}}, Browser)
   local target = self:call('Target.createTarget', {url = 'about:blank'}).targetId
   self.session = self:call('Target.attachToTarget', {targetId = target, flatten = true}).sessionId
   for _, domain in ipairs {'Page', 'Runtime', 'Network', 'Log'} do self:call(domain .. '.enable') end
   return self
end

--- Ends the browser and its children.
function Browser:close()
   signal.kill(-self.pid, signal.SIGKILL)
   wait.wait(self.pid)
   unistd.close(self.input)
   unistd.close(self.output)
   tiny.remove(self.profile)
end

-- The next message, or nil after so many seconds without one.
local function receive(self, seconds)
   local limit = host.hl_host_time() + seconds
   while true do
      local text, rest = self.left:match('^(%Z*)%z(.*)$')
      if text then
         self.left = rest
         return cjson.decode(text)
      end
      local left = limit - host.hl_host_time()
      if left <= 0 or poll.rpoll(self.output, math.ceil(left * 1000)) ~= 1 then return nil end
      local parts = {self.left}
      repeat
         local data = assert(unistd.read(self.output, 1048576))
         assert(data ~= '', 'the browser has ended')
         parts[#parts + 1] = data
      until data:find('\0', 1, true)
      self.left = table.concat(parts)
   end
end

--- A command and its result. What the page tells meanwhile gathers in `events`.
---@param method string
---@param parameters? table
---@return table
function Browser:call(method, parameters)
   self.number = self.number + 1
   local message = {id = self.number, method = method, sessionId = self.session}
   if parameters and next(parameters) then message.params = parameters end
   local text = cjson.encode(message) .. '\0'
   while text ~= '' do text = text:sub(assert(unistd.write(self.input, text)) + 1) end
   while true do
      local answer = assert(receive(self, 30), method .. ': no answer within 30 seconds')
      if answer.id == self.number then
         assert(not answer.error, method .. ': ' .. tostring(answer.error and answer.error.message))
         return answer.result
      end
      self.events[#self.events + 1] = answer
   end
end

-- Leads to an address and waits until it is loaded.
local function go(self, address)
   self.events = {}
   self:call('Page.navigate', {url = address})
   local at = 1
   while true do
      local event = self.events[at] or assert(receive(self, 30), address .. ' is not loaded within 30 seconds')
      self.events[at] = event
      if event.method == 'Page.loadEventFired' then return end
      at = at + 1
   end
end

--- Shows a file; waits until it is loaded.
---@param path string
---@param options? {width: integer?, height: integer?, dark: boolean?, media: string?, script: boolean?, fragment: string?} media:
--- 'print'; script: false for a page without JavaScript; fragment: '#part'
function Browser:open(path, options)
   local o = options or {}
   self:call('Emulation.setDeviceMetricsOverride', {width = o.width or 1200, height = o.height or 900, deviceScaleFactor = 1,
      mobile = (o.width or 1200) < 600})
   local scheme = {name = 'prefers-color-scheme', value = o.dark and 'dark' or 'light'}
   self:call('Emulation.setEmulatedMedia', {media = o.media or '', features = {scheme}})
   self:call('Emulation.setScriptExecutionDisabled', {value = o.script == false})
   go(self, 'about:blank') -- else a change of the fragment alone would load nothing
   go(self, 'file://' .. path .. (o.fragment or ''))
end

--- The value of a JavaScript expression in the page, a promise's when it is there.
---@param expression string
---@return any
function Browser:evaluate(expression)
   local answer = self:call('Runtime.evaluate', {expression = expression, returnByValue = true, awaitPromise = true})
   local failed = answer.exceptionDetails
   assert(not failed, failed and (failed.exception and failed.exception.description or failed.text))
   local value = answer.result.value
   if value == cjson.null then return nil end
   return value
end

local keys = {Tab = 9, Enter = 13, Space = 32, ArrowRight = 39}

--- Presses a key.
---@param name 'Tab'|'Enter'|'Space'|'ArrowRight'
---@param shift? integer 8: with the shift key
function Browser:press(name, shift)
   local text = ({Enter = '\r', Space = ' '})[name]
   local key = name == 'Space' and ' ' or name
   local fields = {key = key, code = name, windowsVirtualKeyCode = keys[name], modifiers = shift or 0}
   fields.type, fields.text = text and 'keyDown' or 'rawKeyDown', text
   self:call('Input.dispatchKeyEvent', fields)
   fields.type, fields.text = 'keyUp', nil
   self:call('Input.dispatchKeyEvent', fields)
end

--- What was written to the console or refused, and every address that was asked for, since the page was opened.
---@return string[] messages, string[] addresses
function Browser:told()
   local messages, addresses = {}, {}
   for _, event in ipairs(self.events) do
      local p = event.params
      if event.method == 'Log.entryAdded' then
         messages[#messages + 1] = p.entry.text
      elseif event.method == 'Runtime.exceptionThrown' then
         messages[#messages + 1] = p.exceptionDetails.text
      elseif event.method == 'Runtime.consoleAPICalled' then
         messages[#messages + 1] = p.type .. ': ' .. tostring(p.args[1] and p.args[1].value)
      elseif event.method == 'Network.requestWillBeSent' then
         addresses[#addresses + 1] = p.request.url
      end
   end
   return messages, addresses
end

local function bytes_of(base64)
   local path = os.tmpname()
   local into = io.popen('base64 -d >' .. path, 'w')
   into:write(base64)
   into:close()
   local data = tiny.read(path)
   os.remove(path)
   return data
end

--- The whole page as a PNG.
---@return string
function Browser:screenshot()
   return bytes_of(self:call('Page.captureScreenshot', {format = 'png', captureBeyondViewport = true}).data)
end

--- The page as it is printed.
---@return string PDF
function Browser:pdf() return bytes_of(self:call('Page.printToPDF', {printBackground = false, preferCSSPageSize = true}).data) end

return Browser
