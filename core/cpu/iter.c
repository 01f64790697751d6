#include "iter.h"
#include "bfloat.h"

int hl_need_cpu_dtype(const char *fn, const hl_tensor *t)
{
   HL_CHECK(t->dtype != HL_BF16, "%s: %s is not a type that the CPU computes with; convert first", fn, hl_show(t));
   return 0;
}

void hl_iter_range(const hl_iter *it, int64_t first, int64_t last, hl_row row, const void *arg)
{
   if (first >= last) return;
   int inner = it->ndim - 1;
   int64_t at[HL_MAX_DIM], rest = first, step[HL_OPERANDS];
   char *p[HL_OPERANDS];
   for (int k = 0; k < it->operands; k++) {
      p[k] = it->data[k];
      step[k] = it->stride[k][inner];
   }
   for (int d = inner; d >= 0; d--) {
      at[d] = rest % it->size[d];
      rest /= it->size[d];
      for (int k = 0; k < it->operands; k++) p[k] += at[d] * it->stride[k][d] * it->item[k];
   }
   while (first < last) {
      int64_t n = it->size[inner] - at[inner];
      if (n > last - first) n = last - first;
      row(n, first, p, step, arg);
      first += n;
      if (first >= last) break;
      for (int k = 0; k < it->operands; k++) p[k] -= at[inner] * step[k] * it->item[k];
      at[inner] = 0;
      for (int d = inner - 1; d >= 0; d--) {
         bool carry = ++at[d] == it->size[d];
         int64_t steps = carry ? 1 - it->size[d] : 1;
         for (int k = 0; k < it->operands; k++) p[k] += steps * it->stride[k][d] * it->item[k];
         if (!carry) break;
         at[d] = 0;
      }
   }
}

enum { PIECE = 1 << 20 }; /* elementary operations between two looks for Ctrl-C, a multiple of 64 */

/* The elements of one thread; whether it was interrupted. */
static int run_share(const hl_iter *it, int64_t first, int64_t last, hl_row row, const void *arg)
{
   int64_t piece = it->cost < PIECE / 64 ? PIECE / it->cost / 64 * 64 : it->cost < PIECE ? PIECE / it->cost : 1;
   for (int64_t at = first; at < last; at += piece) {
      if (at > first && hl_poll()) return 1;
      hl_iter_range(it, at, at + piece < last ? at + piece : last, row, arg);
   }
   return 0;
}

/* Shares of cheap elements begin at multiples of 64, so that threads do not meet in a cache line of a contiguous
 * output. */
int hl_iter_run(const hl_iter *it, hl_row row, const void *arg)
{
   if (it->total <= 0) return 0;
   int64_t threads = it->total < HL_PARALLEL_MIN / it->cost + 1 ? 1 : omp_get_max_threads();
   if (threads > it->total) threads = it->total;
   if (threads == 1) return run_share(it, 0, it->total, row, arg);
   int64_t grain = it->cost < 64 ? 64 : 1;
   int64_t share = ((it->total + threads - 1) / threads + grain - 1) / grain * grain;
   int stopped = 0;
#pragma omp parallel for schedule(static, 1) num_threads((int)threads) reduction(| : stopped)
   for (int64_t i = 0; i < threads; i++) {
      int64_t first = i * share, last = first + share < it->total ? first + share : it->total;
      if (first < last) stopped |= run_share(it, first, last, row, arg);
   }
   return stopped ? hl_fail("interrupted") : 0;
}

enum { CHUNK = 1024 };

typedef struct {
   const hl_iter *it;
   hl_row row;
   const void *arg;
} float_row;

static void read_floats(float *to, const uint16_t *from, int64_t n, int64_t stride)
{
   if (stride == 1)
      hl_bf16_values(to, from, n);
   else
      for (int64_t i = 0; i < n; i++) to[i] = hl_bf16_value(from[i * stride]);
}

static void write_floats(uint16_t *to, const float *from, int64_t n, int64_t stride)
{
   if (stride == 1)
      hl_bf16_rounds(to, from, n);
   else
      for (int64_t i = 0; i < n; i++) to[i * stride] = hl_bf16_round(from[i]);
}

/* A row of bfloat16 in pieces that stay in the first-level cache. */
static void run_in_floats(int64_t n, int64_t first, char *const *p, const int64_t *stride, const void *arg)
{
   const float_row *f = arg;
   float floats[HL_OPERANDS][CHUNK];
   for (int64_t done = 0; done < n; done += CHUNK) {
      int64_t count = n - done < CHUNK ? n - done : CHUNK, step[HL_OPERANDS];
      char *at[HL_OPERANDS];
      for (int k = 0; k < f->it->operands; k++) {
         at[k] = p[k] + done * stride[k] * f->it->item[k];
         step[k] = stride[k];
         if (f->it->item[k] != sizeof(uint16_t)) continue;
         step[k] = stride[k] != 0;
         if (k > 0) read_floats(floats[k], (const uint16_t *)at[k], step[k] ? count : 1, stride[k]);
         at[k] = (char *)floats[k];
      }
      f->row(count, first + done, at, step, f->arg);
      if (f->it->item[0] == sizeof(uint16_t))
         write_floats((uint16_t *)(p[0] + done * stride[0] * (int64_t)sizeof(uint16_t)), floats[0], count, stride[0]);
   }
}

int hl_iter_run_in(int dtype, const hl_iter *it, hl_row row, const void *arg)
{
   float_row f = {it, row, arg};
   return dtype == HL_BF16 ? hl_iter_run(it, run_in_floats, &f) : hl_iter_run(it, row, arg);
}
