#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>
#include <unwind.h>
#include "leave.h"

/* The matcher of patterns may go on for hours, and a sort of numbers for seconds: C of Lua's own that calls no hook.
 * An error can be raised at any place of them, for they raise errors themselves, at any depth, and keep nothing but the
 * stack. What they call may not be left half way, such as the allocator. It is told by the functions on the stack:
 *
 *    leaf            none or one
 *    x1 ... xn       x1 and xn are on this stack twice: the matcher calls itself
 *    beginning       one or two: what Lua calls may have been replaced by what it jumps to
 *    the interpreter
 */

enum { LEAVABLE = 8, REGISTRY = -10000 /* LUA_REGISTRYINDEX */ };
enum { DEEPEST = 4096, SLOTS = 16, DISTINCT = 32, OUTER = 3 };

typedef int lua_c_function(void *state);
typedef int lua_call(void *state, lua_c_function *f, void *argument);
typedef void lua_get_field(void *state, int index, const char *key);
typedef void lua_get_at(void *state, int index, int n);
typedef lua_c_function *lua_to_function(void *state, int index);
typedef void lua_set_top(void *state, int index);
typedef int lua_get_stack(void *state, int level, void *activation);
typedef int lua_get_info(void *state, const char *what, void *activation);

static hl_host_lua lua;
static lua_c_function *leavable[LEAVABLE];
static uintptr_t interpreter; /* where its function begins */
static int state_slot = -1;   /* of its frame, in pointers: the lua_State that it runs */
static uintptr_t code_from, code_to;

static uintptr_t start_of(struct _Unwind_Context *c)
{
   return (uintptr_t)_Unwind_GetRegionStart(c);
}

/* ---- what is learnt ---- */

typedef struct {
   void *state;
   int frames;
} learning;

static _Unwind_Reason_Code look_for_state(struct _Unwind_Context *c, void *argument)
{
   learning *l = argument;
   if (l->frames++ == 0) return _URC_NO_REASON; /* probe itself */
   void *const *slots = (void *const *)_Unwind_GetCFA(c);
   for (int i = 0; i < SLOTS && state_slot < 0; i++)
      if (slots[i] == l->state) state_slot = i;
   interpreter = start_of(c);
   return _URC_END_OF_STACK;
}

static void read_functions(void *state)
{
   ((lua_get_field *)lua.lua_getfield)(state, REGISTRY, lua.leavable);
   for (int i = 0; i < LEAVABLE; i++) {
      ((lua_get_at *)lua.lua_rawgeti)(state, -1 - i, i + 1);
      leavable[i] = ((lua_to_function *)lua.lua_tocfunction)(state, -1);
   }
}

/* Called by the interpreter, so that its frame is the next. */
__attribute__((noinline)) static int probe(void *state)
{
   learning l = {.state = state};
   _Unwind_Backtrace(look_for_state, &l);
   read_functions(state);
   return 0;
}

static int find_code(struct dl_phdr_info *info, size_t size, void *argument)
{
   (void)size;
   uintptr_t wanted = (uintptr_t)argument;
   for (int i = 0; i < info->dlpi_phnum; i++) {
      const ElfW(Phdr) *p = &info->dlpi_phdr[i];
      uintptr_t from = info->dlpi_addr + p->p_vaddr;
      if (p->p_type != PT_LOAD || wanted < from || wanted >= from + p->p_memsz) continue;
      code_from = from;
      code_to = from + p->p_memsz;
      return 1;
   }
   return 0;
}

void hl_host_leave_learn(const hl_host_lua *of)
{
   lua = *of;
   state_slot = -1;
   dl_iterate_phdr(find_code, lua.lua_sethook);
   ((lua_call *)lua.lua_cpcall)(lua.state, probe, NULL);
}

/* ---- where a signal has come ---- */

typedef struct {
   uintptr_t start;
   int count;
} function;

typedef struct {
   int in_signal; /* past the handler's own frames */
   uintptr_t pc;  /* where the signal came */
   int depth;     /* frames up to the interpreter */
   function seen[DISTINCT];
   int n;
   int inner[2], outer[OUTER]; /* which of seen: the innermost frames, the outermost */
   void *state;
} search;

static int note(search *s, uintptr_t start)
{
   int i = 0;
   while (i < s->n && s->seen[i].start != start) i++;
   if (i == DISTINCT) return -1;
   if (i == s->n) s->seen[s->n++] = (function){.start = start};
   s->seen[i].count++;
   return i;
}

static _Unwind_Reason_Code look_at_frame(struct _Unwind_Context *c, void *argument)
{
   search *s = argument;
   int before = 0;
   uintptr_t at = (uintptr_t)_Unwind_GetIPInfo(c, &before), start = start_of(c);
   if (!s->in_signal && at != s->pc) return _URC_NO_REASON;
   s->in_signal = 1;
   if (start == interpreter) s->state = ((void *const *)_Unwind_GetCFA(c))[state_slot];
   if (start == interpreter || !start || at < code_from || at >= code_to || s->depth == DEEPEST)
      return _URC_END_OF_STACK;
   int which = note(s, start);
   if (which < 0) return _URC_END_OF_STACK;
   if (s->depth < 2) s->inner[s->depth] = which;
   memmove(s->outer + 1, s->outer, (OUTER - 1) * sizeof s->outer[0]);
   s->outer[0] = which;
   s->depth++;
   return _URC_NO_REASON;
}

static int recurs(const search *s, const int *which, int n)
{
   for (int i = 0; i < n; i++)
      if (s->seen[which[i]].count > 1) return 1;
   return 0;
}

static int may_be_left(void *state)
{
   _Alignas(16) char activation[512]; /* a lua_Debug, which takes a hundred bytes */
   if (!((lua_get_stack *)lua.lua_getstack)(state, 0, activation)) return 0;
   if (!((lua_get_info *)lua.lua_getinfo)(state, "f", activation)) return 0;
   lua_c_function *f = ((lua_to_function *)lua.lua_tocfunction)(state, -1);
   ((lua_set_top *)lua.lua_settop)(state, -2);
   for (int i = 0; f && i < LEAVABLE; i++)
      if (f == leavable[i]) return 1;
   return 0;
}

/* Where a signal came; 0: not known on this machine, so that no call is left. */
static uintptr_t counter_of(const void *context)
{
#if defined(__x86_64__)
   return (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
#else
   (void)context;
   return 0;
#endif
}

void *hl_host_leave_state(const void *context)
{
   search s = {.pc = counter_of(context)};
   if (state_slot < 0 || s.pc < code_from || s.pc >= code_to) return NULL;
   _Unwind_Backtrace(look_at_frame, &s);
   int is_inside = s.state && s.depth > 1 && recurs(&s, s.inner, 2) && recurs(&s, s.outer, OUTER);
   return is_inside && may_be_left(s.state) ? s.state : NULL;
}
