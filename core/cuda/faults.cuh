/* faults.cuh: mistakes in the values that kernels read: labels that are no class, positions outside a tensor, divisors
 * that are 0. To look for them first would be to wait for the card. So a kernel goes round what it finds and notes it;
 * the next call that waits for the card tells of it. Of several that were noted it tells one. */
#ifndef HL_FAULTS_CUH
#define HL_FAULTS_CUH

#include "kernel.cuh"

enum hl_fault_kind { HL_FAULT_LABEL, HL_FAULT_POSITION, HL_FAULT_MAXIMUM, HL_FAULT_DIVISOR };

/* Whose values are read, for the message. */
struct hl_watched {
   hl_fault_kind kind;
   const char *fn, *name;
   hl_tensor t;
   int64_t bound; /* of labels: the classes; of positions: how many there are */
   int other;     /* of labels: void; of positions: the dimension */
};

/* Lies in memory that host and card share. */
struct hl_fault {
   unsigned found;
   hl_watched in;
   int64_t place, value;
};

/* An argument of kernels. */
struct hl_watch {
   hl_fault *fault;
   hl_watched in;

   /* place: in row-major order, where the message names it */
   __device__ void tell(int64_t place, int64_t value) const
   {
      if (atomicExch(&fault->found, 1u)) return;
      fault->in = in;
      fault->place = place;
      fault->value = value;
   }
};

/* Once, before the first watch. */
int hl_open_faults(void);

hl_watch hl_watch_labels(const char *fn, const char *name, const hl_tensor *labels, int64_t classes, int void_label);
/* Positions 1..size along dim. */
hl_watch hl_watch_positions(const char *fn, int64_t size, int dim);
/* Where in the planes of dx the maxima were. */
hl_watch hl_watch_maxima(const char *fn, const hl_tensor *dx);
/* Whole numbers that something is divided by. */
hl_watch hl_watch_divisors(const char *fn, const hl_tensor *b);

/* For calls that have waited for the card: fails with the message where a fault was noted, and forgets it. */
int hl_tell_faults(void);
/* The end of a call that watched: waits for nothing, but where HL_SYNC=1 had each launch wait it tells at once. */
int hl_end_watch(void);

#endif
