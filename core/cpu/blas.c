/* blas.c: memory for OpenBLAS, where the system may refuse it; see addresses.h. */
#include <cblas.h>
#include <stdatomic.h>
#include "cpu.h"
#include "../addresses.h"

static atomic_int ready; /* the most threads that a product had: OpenBLAS has their pieces, those of calls too */

/* A call of each thread at one time, large enough to need a piece. */
static void take_pieces(int threads)
{
   enum { N = 128, LOOKS = 10000000 /* for a thread that does not come */ };
   static const float a[N * N];
   atomic_int here = 0;
#pragma omp parallel num_threads(threads)
   {
      float c[N * N];
      here++;
      for (int i = 0; i < LOOKS && here < threads; i++) continue;
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, a, N, a, N, 0, c, N);
   }
}

HL_API int hl_blas_room(void)
{
   int threads = hl_threads();
   if (threads <= ready) return 0;
   if (hl_addresses_limited()) {
      int started = threads - (ready ? ready : 1); /* each takes a stack and an arena of the C library too */
      size_t bytes = (size_t)(threads - ready + started) * HL_BLAS_PIECE;
      if (!hl_addresses_left(bytes)) hl_empty_cache();
      HL_CHECK(hl_addresses_left(bytes),
               "out of memory: products of matrices in %d threads take %zu MiB of addresses, which the limit of this "
               "process (ulimit -v) does not leave; set OMP_NUM_THREADS to fewer",
               threads, bytes >> 20);
      take_pieces(threads);
   }
   ready = threads;
   return 0;
}
