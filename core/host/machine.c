#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"
#include "../addresses.h"
#include "../host.h"

HL_API int hl_host_cpu_level(void)
{
#ifdef __x86_64__
   __builtin_cpu_init();
   /* The levels of the x86-64 psABI; __builtin_cpu_supports also asks whether the system saves the wide registers. */
   if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c") && __builtin_cpu_supports("lzcnt") &&
         __builtin_cpu_supports("movbe")))
      return 0;
   if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl")))
      return 2;
   return __builtin_cpu_supports("avx512bf16") ? 4 : 3;
#else
   return 0;
#endif
}

/* As many as OpenBLAS starts with. */
static int blas_threads(void)
{
   const char *told = getenv("OMP_NUM_THREADS");
   int n = told ? atoi(told) : 0;
   if (n > 0) return n;
   cpu_set_t bound;
   return sched_getaffinity(0, sizeof bound, &bound) == 0 ? CPU_COUNT(&bound) : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

HL_API int hl_host_blas_room(void)
{
   if (!hl_addresses_limited()) return 0;
   int threads = blas_threads();
   size_t bytes = 2 * (size_t)threads * HL_BLAS_PIECE;
   HL_CHECK(
       hl_addresses_left(bytes),
       "OpenBLAS in %d threads takes %zu MiB of addresses, which the limit of this process (ulimit -v) does not leave; "
       "set OMP_NUM_THREADS to fewer, or the limit higher",
       threads, bytes >> 20);
   return 0;
}

HL_API int hl_host_terminal_width(int fd)
{
   struct winsize size;
   if (!isatty(fd)) return 0;
   return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

HL_API double hl_host_time(void)
{
   struct timespec t;
   clock_gettime(CLOCK_MONOTONIC, &t);
   return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
