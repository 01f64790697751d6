/* conv_amx_images.c: images as AMX tiles are loaded from them. */
#include "conv_amx.h"

#if CONV_AMX_BUILT
#define real float
#define FN(name) name
#define REAL_IS_FLOAT 1
#include "micro.h"

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

int hl_amx_forward_images(amx_images *g, const conv_shape *s, int64_t fold, bool apart)
{
   *g = (amx_images){.images = s->n, .channels = s->c, .h = s->h, .w = s->w, .rows = s->p, .cols = s->q};
   g->step_h = s->stride_h;
   g->step_w = s->stride_w;
   g->fold = fold;
   HL_TRY(hl_amx_make_taps(g, s->r * s->s / fold));
   for (int64_t t = 0; t < g->taps; t++) {
      g->weight[t] = t * fold;
      g->tap_h[t] = t * fold / s->s * s->dil_h - s->pad_h;
      g->tap_w[t] = t * fold % s->s * s->dil_w - s->pad_w;
   }
   hl_amx_lay_out(g, apart);
   return 0;
}

void hl_amx_lay_out(amx_images *s, bool apart)
{
   int64_t top = INT64_MAX, left = INT64_MAX, bottom = INT64_MIN, right = INT64_MIN;
   int64_t together = apart ? s->step_w : 1; /* columns of which one phase holds one */
   int64_t down = up(s->h, s->step_h), across = up(s->w, together);
   for (int64_t t = 0; t < s->taps; t++) {
      int64_t row = floor_of(s->tap_h[t], s->step_h), col = floor_of(s->tap_w[t], together);
      top = row < top ? row : top;
      left = col < left ? col : left;
      bottom = larger(bottom, row);
      right = larger(right, col + s->fold - 1);
   }
   s->apart = apart;
   s->step = apart ? 1 : s->step_w;
   int64_t above = larger(0, -top), before = larger(0, -left);
   int64_t behind = larger(0, right + (s->cols - 1) * s->step + 1 - across);
   s->width = up(larger(s->cols * s->step, across + larger(before, behind)), s->step);
   s->line = s->width * s->step;
   s->lead = above * s->line + before;
   s->pixels = up((s->rows - 1) * s->width + s->cols, 2 * AMX_SIDE) * 2 * AMX_SIDE;
   s->phase = s->lead + larger(larger(down, larger(0, bottom) + s->rows) * s->line,
                               larger(0, bottom) * s->line + larger(0, right) + s->step * s->pixels);
   s->phases = 0;
   for (int64_t t = 0; t < s->taps; t++) {
      int64_t row = floor_of(s->tap_h[t], s->step_h), col = floor_of(s->tap_w[t], together);
      int64_t remainder = (s->tap_h[t] - row * s->step_h) * s->step_w + s->tap_w[t] - col * together;
      s->at[t] = phase_of(s, remainder) * s->phase + s->lead + row * s->line + col;
   }
   /* An odd number of cache lines: planes one after the other fall into different sets. */
   s->plane = up(s->phases * s->phase, 2 * AMX_SIDE);
   s->plane = (s->plane + (s->plane % 2 == 0)) * 2 * AMX_SIDE;
}

/* Elements j to j + 15 of those of a row that leave this remainder modulo step, each in the low half of a word. */
static inline __m512i sixteen(const uint16_t *row, int64_t w, int64_t step, int64_t remainder, int64_t j)
{
   if (step == 1) return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(hl_first_lanes(w - j), row + j));
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

/* Sixteen pixels from column j on of so many channels, plane apart, to (16, depth) pairs of channels. */
static void fill_pixels(uint32_t *to, const uint16_t *x, int64_t plane, int64_t channels, int64_t depth, int64_t w,
                        int64_t j)
{
   vec v[LANES];
   for (int64_t d = 0; d < AMX_SIDE; d++, x += 2 * plane, channels -= 2) {
      __m512i pair = _mm512_setzero_si512();
      if (channels > 0) pair = sixteen(x, w, 1, 0, j);
      if (channels > 1) pair = _mm512_or_si512(pair, _mm512_slli_epi32(sixteen(x + plane, w, 1, 0, j), 16));
      v[d] = (vec)_mm512_castsi512_ps(pair);
   }
   flip(v);
   for (int64_t i = 0; i < AMX_SIDE && j + i < w; i++)
      _mm512_mask_storeu_ps(to + i * depth, hl_first_lanes(depth), (__m512)v[i]);
}

int hl_amx_fill_pixels(uint32_t *to, const amx_images *s, const uint16_t *x, int64_t steps, int64_t depth)
{
   int stop = 0;
#pragma omp parallel for schedule(dynamic)
   for (int64_t unit = 0; unit < s->images * steps; unit++) {
      if (hl_conv_stopped(&stop)) continue;
      int64_t image = unit / steps, c = unit % steps * 2 * depth, area = s->h * s->w;
      const uint16_t *from = x + (image * s->channels + c) * area;
      uint32_t *at = to + unit * s->plane * depth;
      for (int64_t f = 0; f < s->phases; f++, at += s->phase * depth) {
         uint32_t *row = at;
         memset(row, 0, (size_t)(s->lead * depth) * sizeof *row);
         row += s->lead * depth;
         for (int64_t i = s->remainders[f] / s->step_w; i < s->h; i += s->step_h, row += s->line * depth) {
            for (int64_t j = 0; j < s->w; j += AMX_SIDE)
               fill_pixels(row + j * depth, from + i * s->w, area, s->channels - c, depth, s->w, j);
            memset(row + s->w * depth, 0, (size_t)((s->line - s->w) * depth) * sizeof *row);
         }
         memset(row, 0, (size_t)(at + s->phase * depth - row) * sizeof *row);
      }
   }
   return stop ? hl_fail("interrupted") : 0;
}

int hl_amx_fill_planes(uint16_t *to, const amx_images *s, const uint16_t *x, int64_t channels)
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
         int64_t cols = up(s->w - b, s->step_w);
         for (int64_t i = a, r = 0; i < s->h; i += s->step_h, r++) {
            const uint16_t *from = x + ((image * s->channels + c) * s->h + i) * s->w;
            uint16_t *row = plane + f * s->phase + s->lead + r * s->line;
            for (int64_t j = 0; j < cols; j += 16)
               _mm256_mask_storeu_epi16(row + j, hl_first_lanes(cols - j),
                                        _mm512_cvtepi32_epi16(sixteen(from, s->w, s->step_w, b, j)));
         }
      }
   }
   return stop ? hl_fail("interrupted") : 0;
}

#endif
