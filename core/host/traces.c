#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../check.h"
#include "../host.h"
#include "traces.h"

/* A compiled loop of LuaJIT looks at no hook and at no flag: only its guards end it, conditional jumps to a stub that
 * brings the interpreter back to the state of a snapshot. Nothing with an effect lies between a snapshot and its
 * guards, so a guard may fail though its condition holds: the interpreter does the same again, and there hooks are
 * looked at. To stop a loop its guards are therefore made jumps without condition:
 *
 *    jcc stub              ->  nop; jmp stub       also where a side trace has taken the stub's place
 *    jcc loop; jmp stub    ->  nop; jmp stub       the last guard of a loop, turned round to be its branch
 *
 * The instructions are told by where they jump to. The code is of no use afterwards: jit.flush() drops it. */

enum { MAX_TRACES = 65536, MAX_GROUPS = 16, GROUP_BYTES = 128, STUB_BYTES = 4 };

typedef struct {
   uint8_t *volatile code; /* NULL: none of that number */
   uint32_t bytes, loop;   /* loop: offset of what it jumps back to, 0 where it does not */
} trace;

static trace traces[MAX_TRACES];
static uint8_t *volatile groups[MAX_GROUPS]; /* stubs are written 32 at once */
static volatile int highest;
static volatile int32_t opened;

HL_API void hl_host_interrupt_stubs(int group, const void *first)
{
   if (group >= 0 && group < MAX_GROUPS) groups[group] = (uint8_t *)(uintptr_t)first;
}

#if defined(__x86_64__)

static uint8_t *target(const uint8_t *field)
{
   int32_t distance;
   memcpy(&distance, field, sizeof distance);
   return (uint8_t *)(uintptr_t)field + 4 + distance;
}

static int is_stub(const uint8_t *at)
{
   for (int g = 0; g < MAX_GROUPS; g++) {
      intptr_t offset = (intptr_t)at - (intptr_t)groups[g];
      if (groups[g] && offset >= 0 && offset < GROUP_BYTES && offset % STUB_BYTES == 0) return 1;
   }
   return 0;
}

static int is_start(const uint8_t *at)
{
   for (int i = 1; i <= highest; i++)
      if (traces[i].code == at) return 1;
   return 0;
}

/* The number of guards from the loop on; where `change` is set they fail from now on. */
static int guards_of(const trace *t, int change)
{
   uint8_t *end = t->code + t->bytes, *loop = t->loop ? t->code + t->loop : NULL;
   int n = 0;
   for (uint8_t *p = loop && !change ? loop : t->code; p + 6 <= end; p++) {
      if (p[0] == 0x0f && (p[1] & 0xf0) == 0x80) {
         uint8_t *to = target(p + 2);
         if (loop && to == loop && p + 11 <= end && p[6] == 0xe9) {
            n++;
            if (change) memcpy(p, "\x66\x0f\x1f\x44\x00\x00", 6);
         } else if (is_stub(to) || is_start(to)) {
            n++;
            if (change) memcpy(p, "\x90\xe9", 2);
         }
      } else if (loop && (p[0] & 0xf0) == 0x70 && p[2] == 0xe9 && p + 2 + (int8_t)p[1] == loop) {
         n++;
         if (change) memcpy(p, "\x66\x90", 2);
      }
   }
   return n;
}

/* What LuaJIT believes of the memory's protection stays true enough: it is left writable and executable. */
void hl_host_traces_open(void)
{
   uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
   for (int i = 1; i <= highest; i++) {
      const trace *t = &traces[i];
      if (!t->code) continue;
      uintptr_t from = (uintptr_t)t->code & ~(page - 1);
      if (mprotect((void *)from, (uintptr_t)t->code + t->bytes - from, PROT_READ | PROT_WRITE | PROT_EXEC) == 0)
         guards_of(t, 1);
   }
   opened = highest > 0;
}

#else

static int guards_of(const trace *t, int change)
{
   (void)t, (void)change;
   return 0; /* so that no loop stays compiled */
}

void hl_host_traces_open(void)
{
}

#endif

HL_API int hl_host_interrupt_trace(int number, const void *code, int64_t bytes, int64_t loop)
{
   if (number <= 0) {
      highest = 0;
      for (int g = 0; g < MAX_GROUPS; g++) groups[g] = NULL;
      return 0;
   }
   if (number >= MAX_TRACES) return 0;
   for (int i = highest + 1; i < number; i++) traces[i].code = NULL;
   trace *t = &traces[number];
   t->code = NULL;
   t->bytes = (uint32_t)bytes;
   t->loop = (uint32_t)loop;
   t->code = (uint8_t *)(uintptr_t)code;
   if (number > highest) highest = number;
   return guards_of(t, 0);
}

int hl_host_traces_opened(void)
{
   int was = opened;
   opened = 0;
   return was;
}
