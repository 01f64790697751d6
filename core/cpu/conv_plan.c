/* conv_plan.c: which taps of one convolution, or of a sum of them, meet which
 * rows of the image. */
#include "conv.h"
#include <stdlib.h>
#include <string.h>

void hl_conv_reach(int64_t *begin, int64_t *end, int64_t results, int64_t size, int64_t stride, int64_t offset)
{
   *begin = offset < 0 ? (-offset + stride - 1) / stride : 0;
   *end = offset < size ? (size - 1 - offset) / stride + 1 : 0;
   if (*end > results) *end = results;
}

static int by_offset(const void *one, const void *other)
{
   const conv_source *a = one, *b = other;
   if (a->row != b->row) return a->row < b->row ? -1 : 1;
   if (a->col != b->col) return a->col < b->col ? -1 : 1;
   if (a->branch != b->branch) return a->branch < b->branch ? -1 : 1;
   return a->tap < b->tap ? -1 : a->tap > b->tap;
}

static int by_size(const void *one, const void *other)
{
   int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
   return a < b ? -1 : a > b;
}

/* Rows of x that a tap at this offset meets. */
static conv_group rows_of(const conv_shape *s, int64_t row, int64_t tap)
{
   int64_t begin, end;
   hl_conv_reach(&begin, &end, s->p, s->h, s->stride_h, row);
   return (conv_group){tap, 0, begin * s->stride_h + row, (end - begin - 1) * s->stride_h + 1};
}

int hl_conv_make_plan(conv_plan *plan, const conv_shape *s, int n)
{
   int64_t all = 0;
   for (int i = 0; i < n; i++) all += s[i].r * s[i].s;
   int64_t each = (int64_t)(sizeof *plan->source + sizeof *plan->group + 2 * sizeof *plan->band + 3 * sizeof(int64_t));
   char *room = hl_conv_room(CONV_PLAN, 2, all + 1, each);
   if (!room) return 1;
   *plan = (conv_plan){.source = (conv_source *)room};
   plan->group = (conv_group *)(plan->source + all + 1);
   plan->band = (conv_band *)(plan->group + all + 1);
   plan->first = (int64_t *)(plan->band + 2 * (all + 1));
   int64_t *edges = plan->first + all + 1, count = 0;
   for (int i = 0; i < n; i++)
      for (int64_t t = 0; t < s[i].r * s[i].s; t++) {
         conv_source tap = {t / s[i].s * s[i].dil_h - s[i].pad_h, t % s[i].s * s[i].dil_w - s[i].pad_w, i, t};
         int64_t p0, p1, q0, q1;
         hl_conv_reach(&p0, &p1, s[i].p, s[i].h, s[i].stride_h, tap.row);
         hl_conv_reach(&q0, &q1, s[i].q, s[i].w, s[i].stride_w, tap.col);
         if (p0 < p1 && q0 < q1) plan->source[plan->sources++] = tap;
      }
   qsort(plan->source, (size_t)plan->sources, sizeof *plan->source, by_offset);
   for (int64_t i = 0; i < plan->sources; i++) {
      const conv_source *tap = plan->source + i, *before = tap - 1;
      if (i == 0 || tap->row != before->row) plan->group[plan->groups++] = rows_of(s, tap->row, plan->taps);
      if (i > 0 && tap->row == before->row && tap->col == before->col) continue;
      plan->first[plan->taps++] = i;
      plan->group[plan->groups - 1].taps++;
   }
   plan->first[plan->taps] = plan->sources;

   /* With stride 1, result row i of dx takes what row i - offset of dy gave; where a group sets in or ends, a band
    * does. */
   for (int64_t g = 0; g < plan->groups; g++) {
      edges[count++] = plan->group[g].row;
      edges[count++] = plan->group[g].row + plan->group[g].rows;
   }
   qsort(edges, (size_t)count, sizeof *edges, by_size);
   for (int64_t e = 1; e < count; e++) {
      conv_band band = {edges[e - 1], edges[e] - edges[e - 1], 0, 0};
      for (int64_t g = 0; g < plan->groups; g++) {
         const conv_group *group = plan->group + g;
         if (group->row > band.row || group->row + group->rows <= band.row) continue;
         if (band.groups++ == 0) band.group = g;
      }
      if (band.rows > 0 && band.groups > 0) plan->band[plan->bands++] = band;
   }
   return 0;
}
