/* amx.c: whether there are AMX tiles. */
#define _GNU_SOURCE
#include "conv_amx.h"

#if CONV_AMX_BUILT
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { ASK_FOR_STATE = 0x1023, TILE_DATA = 18 }; /* ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA */

static bool find_amx(void)
{
   const char *forced = getenv("HILO_CPU");
   __builtin_cpu_init();
   return !(forced && strcmp(forced, "amx") != 0) && __builtin_cpu_supports("amx-tile") &&
          __builtin_cpu_supports("amx-bf16") && syscall(SYS_arch_prctl, ASK_FOR_STATE, TILE_DATA) == 0;
}

bool hl_amx(void)
{
   static int known; /* 1 no, 2 yes: whoever looks finds the same */
   int is = __atomic_load_n(&known, __ATOMIC_RELAXED);
   if (!is) {
      is = find_amx() ? 2 : 1;
      __atomic_store_n(&known, is, __ATOMIC_RELAXED);
   }
   return is == 2;
}

#endif
