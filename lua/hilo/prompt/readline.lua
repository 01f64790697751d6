--- prompt/readline.lua: GNU readline by its callback interface: a key at a time, so that Ctrl-C comes back to Lua.
local ffi = require 'ffi'
local colour = require 'hilo.prompt.colour'
local core = require 'hilo.core'
local interrupts = require 'hilo.interrupts'
local stop = require 'hilo.prompt.stop'

ffi.cdef [[
typedef void rl_vcpfunc_t(char *line);
typedef char **rl_completion_func_t(const char *text, int from, int to);
extern int rl_catch_signals, rl_catch_sigwinch, rl_completion_append_character, rl_completion_suppress_append;
extern int rl_attempted_completion_over, rl_readline_version, rl_eof_found;
extern const char *rl_readline_name, *rl_completer_word_break_characters, *rl_completer_quote_characters;
extern char *rl_line_buffer;
extern rl_completion_func_t *rl_attempted_completion_function;
void rl_callback_handler_install(const char *prompt, rl_vcpfunc_t *handler);
void rl_callback_read_char(void);
void rl_callback_handler_remove(void);
void rl_callback_sigcleanup(void);
void rl_free_line_state(void);
void rl_cleanup_after_signal(void);
void rl_resize_terminal(void);
void rl_prep_terminal(int meta);
void rl_deprep_terminal(void);
int rl_forced_update_display(void);
int tcgetattr(int fd, void *modes);
int rl_initialize(void);
int rl_variable_bind(const char *variable, const char *value);
void using_history(void);
void add_history(const char *line);
void clear_history(void);
void stifle_history(int max);

typedef struct { int fd; short events, revents; } hl_prompt_poll;
int poll(hl_prompt_poll *fds, unsigned long n, int milliseconds);
void *malloc(size_t bytes);
char *strdup(const char *text);
void free(void *p);
]]

local C, host = ffi.C, core.host
local POLLIN = 1
local LOCAL_MODES, ICANON = 3, 2 -- of a termios as uint32_t, and the mode in it that hands whole lines over
local patience = 100 -- milliseconds: a signal that comes between two polls is seen then

local readline = {}

-- After Ctrl-Z and `fg` the shell has set the terminal as it likes it: it is readline's again, and the line is shown again.
local modes = ffi.new 'uint32_t[32]'
local function take_terminal_back(rl)
   if C.tcgetattr(0, modes) ~= 0 or bit.band(modes[LOCAL_MODES], ICANON) == 0 then return end
   rl.rl_deprep_terminal()
   rl.rl_prep_terminal(1)
   rl.rl_forced_update_display()
end

-- Ctrl-D on a line of an entry of several lines ends that alone; some versions of readline keep this name to themselves.
local function forget_end(rl) rl.rl_eof_found = 0 end

local function library()
   for _, name in ipairs {'libreadline.so.8', 'libreadline.so.7', 'readline'} do
      local ok, found = pcall(ffi.load, name)
      if ok then return found end
   end
end

-- What readline takes for an answer: the common beginning, then all of them.
local function answer(matches)
   if #matches == 0 then return nil end
   local common = matches[1]
   for _, match in ipairs(matches) do
      while match:sub(1, #common) ~= common do common = common:sub(1, -2) end
   end
   local list = ffi.cast('char **', C.malloc((#matches + 2) * ffi.sizeof('char *')))
   list[0] = C.strdup(common)
   local n = 1
   if #matches > 1 then
      for _, match in ipairs(matches) do
         list[n] = C.strdup(match)
         n = n + 1
      end
   end
   list[n] = nil
   return list
end

---@class LineReader
---@field read fun(prompt: string): string|false|nil a line; false after Ctrl-C; nil where the input ends
---@field remember fun(entry: string)
---@field ends_line boolean? a line is ended where the input ends

--- A reader of lines at a terminal; nil where libreadline is not installed.
---@param options {history: string[], complete: fun(line: string, from: integer, to: integer): string[], string?}
---@return LineReader?
function readline.new(options)
   local rl = library()
   if not rl then return nil end
   local line, finished, failed, broken_off

   -- Errors must not pass through C: not even of a finalizer, which may run wherever memory is asked for.
   local function take_line(text)
      line = text ~= nil and ffi.string(text) or nil
      C.free(text)
   end
   local handler = ffi.cast('rl_vcpfunc_t *', function(text)
      finished = true
      local ok, message = pcall(take_line, text)
      if not ok then failed = message end
      rl.rl_callback_handler_remove()
   end)

   local function matches_of(from, to)
      local matches, ending = options.complete(ffi.string(rl.rl_line_buffer), from, to)
      rl.rl_completion_append_character = (ending or ''):byte() or 0
      return answer(matches)
   end
   local completer = ffi.cast('rl_completion_func_t *', function(_, from, to)
      rl.rl_attempted_completion_over = 1
      if host.hl_host_interrupted() ~= 0 then return nil end -- it came with the key: the line ends below
      local called, why, ok, found = pcall(stop.run, matches_of, from, to)
      if called and ok then return found end
      broken_off = interrupts.is(called and found or why) -- by Ctrl-C, which then ends the line too
      return nil
   end)

   rl.rl_readline_name = 'hilo'
   rl.rl_initialize()
   rl.rl_catch_signals, rl.rl_catch_sigwinch = 0, 0
   local is_dumb = colour.is_dumb()
   if not is_dumb then rl.rl_variable_bind('enable-bracketed-paste', 'on') end
   rl.rl_variable_bind('blink-matching-paren', 'on')
   rl.rl_completer_word_break_characters = readline.breaks
   rl.rl_completer_quote_characters = ''
   rl.rl_attempted_completion_function = completer
   rl.using_history()
   for _, entry in ipairs(options.history) do rl.add_history(entry) end

   local keys = ffi.new('hl_prompt_poll[1]', {{fd = 0, events = POLLIN}})
   local function read(prompt)
      finished, line, failed, broken_off = false, nil, nil, false
      pcall(forget_end, rl)
      rl.rl_resize_terminal()
      local columns = host.hl_host_terminal_width(1)
      rl.rl_callback_handler_install(prompt, handler)
      while not finished do
         local typed = C.poll(keys, 1, patience) > 0
         if host.hl_host_terminal_width(1) ~= columns then
            columns = host.hl_host_terminal_width(1)
            rl.rl_resize_terminal()
         end
         take_terminal_back(rl)
         if broken_off or host.hl_host_interrupted() ~= 0 then
            host.hl_host_interrupt_clear()
            io.write('^C') -- where the cursor is; readline goes to the line's beginning then
            rl.rl_free_line_state()
            rl.rl_callback_sigcleanup()
            rl.rl_callback_handler_remove()
            io.write('\n')
            return false
         end
         if typed then rl.rl_callback_read_char() end
      end
      if failed then error(failed, 0) end
      return line
   end
   jit.off(read) -- readline calls back

   return {
      read = read, anchors = {handler, completer}, ends_line = not is_dumb and rl.rl_readline_version >= 0x801,
      remember = function(entry) rl.add_history(entry) end,
   }
end

--- What ends a word of Lua for completion; strings stay anchored here, for readline keeps the pointer.
readline.breaks = ' \t\n"\'`@$><=;|&{(+-*/^%#,~[])}?!'

return readline
