/* conv_amx_images.c: whether there are AMX tiles, and images as they are loaded from. */
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

static int64_t floor_of(int64_t a, int64_t b)
{
   return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static int64_t larger(int64_t a, int64_t b)
{
   return a > b ? a : b;
}

/* The phase of a remainder, which is new or not. */
static int64_t phase_of(amx_images *s, int64_t remainder)
{
   for (int64_t i = 0; i < s->phases; i++)
      if (s->remainders[i] == remainder) return i;
   s->remainders[s->phases] = remainder;
   return s->phases++;
}

int hl_amx_make_taps(amx_images *s, int64_t taps)
{
   s->tap_h = hl_conv_room(CONV_TABLE, 3, taps, (int64_t)4, (int64_t)sizeof *s->tap_h);
   s->tap_w = s->tap_h + taps;
   s->weight = s->tap_w + taps;
   s->at = s->weight + taps;
   s->taps = taps;
   return s->tap_h ? 0 : 1;
}

int hl_amx_forward_images(amx_images *g, const conv_shape *s)
{
   *g = (amx_images){.images = s->n, .channels = s->c, .h = s->h, .w = s->w, .rows = s->p, .cols = s->q};
   g->step_h = s->stride_h;
   g->step_w = s->stride_w;
   HL_TRY(hl_amx_make_taps(g, s->r * s->s));
   for (int64_t t = 0; t < g->taps; t++) {
      g->weight[t] = t;
      g->tap_h[t] = t / s->s * s->dil_h - s->pad_h;
      g->tap_w[t] = t % s->s * s->dil_w - s->pad_w;
   }
   hl_amx_lay_out(g);
   return 0;
}

void hl_amx_lay_out(amx_images *s)
{
   int64_t top = INT64_MAX, left = INT64_MAX, bottom = INT64_MIN, right = INT64_MIN;
   int64_t down = amx_up(s->h, s->step_h), across = amx_up(s->w, s->step_w);
   s->phases = 0;
   for (int64_t t = 0; t < s->taps; t++) {
      int64_t row = floor_of(s->tap_h[t], s->step_h), col = floor_of(s->tap_w[t], s->step_w);
      top = row < top ? row : top;
      left = col < left ? col : left;
      bottom = larger(bottom, row);
      right = larger(right, col);
   }
   int64_t above = larger(0, -top), before = larger(0, -left), behind = larger(0, right + s->cols - across);
   s->width = larger(s->cols, across + larger(before, behind));
   s->lead = above * s->width + before;
   s->pixels = amx_up((s->rows - 1) * s->width + s->cols, 2 * AMX_SIDE) * 2 * AMX_SIDE;
   int64_t last = larger(down, larger(0, bottom) + s->rows) * s->width + 2 * AMX_SIDE;
   s->phase = s->lead + larger(last, larger(0, bottom) * s->width + larger(0, right) + s->pixels);
   for (int64_t t = 0; t < s->taps; t++) {
      int64_t row = floor_of(s->tap_h[t], s->step_h), col = floor_of(s->tap_w[t], s->step_w);
      int64_t remainder = (s->tap_h[t] - row * s->step_h) * s->step_w + s->tap_w[t] - col * s->step_w;
      s->at[t] = phase_of(s, remainder) * s->phase + s->lead + row * s->width + col;
   }
   /* An odd number of cache lines: planes one after the other fall into different sets. */
   s->plane = amx_up(s->phases * s->phase, 2 * AMX_SIDE);
   s->plane = (s->plane + (s->plane % 2 == 0)) * 2 * AMX_SIDE;
}

/* Elements j to j + 15 of those of a row that leave this remainder modulo step, each in the low half of a word. */
static inline __m512i sixteen(const uint16_t *row, int64_t w, int64_t step, int64_t remainder, int64_t j)
{
   if (step == 1) {
      int64_t left = w - j;
      __mmask16 inside = left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
      return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(inside, row + j));
   }
   if (step == 2) {
      int64_t left = w - 2 * j;
      __mmask32 inside = left >= 32 ? 0xffffffff : (__mmask32)((1u << left) - 1);
      __m512i both = _mm512_maskz_loadu_epi16(inside, row + 2 * j);
      return remainder ? _mm512_srli_epi32(both, 16) : _mm512_and_si512(both, _mm512_set1_epi32(0xffff));
   }
   uint32_t words[16] = {0};
   for (int64_t i = 0; i < 16 && (j + i) * step + remainder < w; i++) words[i] = row[(j + i) * step + remainder];
   return _mm512_loadu_si512(words);
}

static inline __mmask16 first_of(int64_t left)
{
   return left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
}

int hl_amx_fill_pairs(uint32_t *to, const amx_images *s, const uint16_t *x, int64_t pairs)
{
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < s->images * pairs; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t image = unit / pairs, c = unit % pairs * 2;
      uint32_t *plane = to + unit * s->plane;
      memset(plane, 0, (size_t)s->plane * sizeof *plane);
      if (c >= s->channels) continue;
      for (int64_t f = 0; f < s->phases; f++) {
         int64_t a = s->remainders[f] / s->step_w, b = s->remainders[f] % s->step_w;
         int64_t cols = amx_up(s->w - b, s->step_w);
         for (int64_t i = a, r = 0; i < s->h; i += s->step_h, r++) {
            const uint16_t *low = x + ((image * s->channels + c) * s->h + i) * s->w, *high = low + s->h * s->w;
            uint32_t *row = plane + f * s->phase + s->lead + r * s->width;
            for (int64_t j = 0; j < cols; j += 16) {
               __m512i pair = sixteen(low, s->w, s->step_w, b, j);
               if (c + 1 < s->channels)
                  pair = _mm512_or_si512(pair, _mm512_slli_epi32(sixteen(high, s->w, s->step_w, b, j), 16));
               _mm512_mask_storeu_epi32(row + j, first_of(cols - j), pair);
            }
         }
      }
   }
   return stop ? hl_fail("interrupted") : 0;
}

int hl_amx_fill(uint16_t *to, const amx_images *s, const uint16_t *x, int64_t channels)
{
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < s->images * channels; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t image = unit / channels, c = unit % channels;
      uint16_t *plane = to + unit * s->plane;
      memset(plane, 0, (size_t)s->plane * sizeof *plane);
      if (c >= s->channels) continue;
      for (int64_t f = 0; f < s->phases; f++) {
         int64_t a = s->remainders[f] / s->step_w, b = s->remainders[f] % s->step_w;
         int64_t cols = amx_up(s->w - b, s->step_w);
         for (int64_t i = a, r = 0; i < s->h; i += s->step_h, r++) {
            const uint16_t *from = x + ((image * s->channels + c) * s->h + i) * s->w;
            uint16_t *row = plane + f * s->phase + s->lead + r * s->width;
            for (int64_t j = 0; j < cols; j += 16)
               _mm256_mask_storeu_epi16(row + j, first_of(cols - j),
                                        _mm512_cvtepi32_epi16(sixteen(from, s->w, s->step_w, b, j)));
         }
      }
   }
   return stop ? hl_fail("interrupted") : 0;
}

#endif
