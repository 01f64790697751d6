/* cpu.h: shared by the files of libhilo_cpu.so. */
#ifndef HL_CPU_H
#define HL_CPU_H

#include <omp.h>
#include "../check.h"

/* A loop is worth a second thread from about this many elementary operations on. */
enum { HL_PARALLEL_MIN = 16384 };

/* Work space that lives until the calling thread's next request for the same slot; NULL with hl_fail set when memory is
 * out. Blocks are kept, so a steady training step asks the system for nothing. See memory.c. */
void *hl_scratch(int slot, size_t bytes);
enum { HL_SCRATCH_SLOTS = 13 };

/* Fails where OpenBLAS, for as many threads, would not get the memory that it works in. See blas.c; LAPACK's calls in
 * lua/hilo/ops/lapack.lua ask it too. */
int hl_blas_room(void);

#endif
