/* addresses.h: whether the system gives this process as many addresses as OpenBLAS takes. */
#ifndef HL_ADDRESSES_H
#define HL_ADDRESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* OpenBLAS works in pieces of 128 MiB, which it keeps: one for each thread from its loading on, and one for each call
 * that is under way. Where the system refuses it one, it asks again and again without end. */
static const size_t HL_BLAS_PIECE = (size_t)129 << 20;

/* Addresses are refused under such a limit (ulimit -v) alone; other limits count what is written. */
static inline bool hl_addresses_limited(void)
{
   struct rlimit most;
   return getrlimit(RLIMIT_AS, &most) == 0 && most.rlim_cur != RLIM_INFINITY;
}

static inline bool hl_addresses_left(size_t bytes)
{
   void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
   return p != MAP_FAILED && munmap(p, bytes) == 0;
}

#endif
