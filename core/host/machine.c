#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "../check.h"
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
