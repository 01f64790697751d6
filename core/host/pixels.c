#include <math.h>
#include <string.h>
#include "loader.h"

/* ---- resampling ---- */

HL_API int hl_host_scaled_size(int size, double scale)
{
   double scaled = floor(size * scale + 0.5);
   return scaled >= HL_HOST_MAX_PIXELS ? HL_HOST_MAX_PIXELS : scaled >= 1 ? (int)scaled : 1;
}

/* The inputs whose centres lie within the triangle around output i. */
static void window(int i, double step, int size, int *low, int *high, double *centre, double *support)
{
   *support = step > 1 ? step : 1;
   *centre = (i + 0.5) * step;
   double from = floor(*centre - *support - 0.5) + 1, to = ceil(*centre + *support - 0.5);
   *low = from < 0 ? 0 : from > size - 1 ? size - 1 : (int)from;
   *high = to > size ? size : to < *low + 1 ? *low + 1 : (int)to;
}

int hl_axis_make(hl_axis *axis, int begin, int count, double step, int size)
{
   int low, high, taps = 1;
   double centre, support;
   for (int i = 0; i < count; i++) {
      window(begin + i, step, size, &low, &high, &centre, &support);
      if (high - low > taps) taps = high - low;
   }
   HL_TRY(hl_buffer_need("loader", &axis->memory, ((size_t)taps + 1) * count * sizeof(float)));
   axis->taps = taps;
   axis->first = axis->memory.data;
   axis->weight = (float *)axis->memory.data + count;
   for (int i = 0; i < count; i++) {
      float *weight = axis->weight + (size_t)i * taps;
      window(begin + i, step, size, &low, &high, &centre, &support);
      /* Windows cut off by the border are filled up with zeros on the side that exists. */
      int first = axis->first[i] = low + taps > size ? size - taps : low;
      double sum = 0;
      for (int j = low; j < high; j++) sum += fmax(0, 1 - fabs(j + 0.5 - centre) / support);
      for (int k = 0; k < taps; k++) {
         int j = first + k;
         double w = j < low || j >= high ? 0 : fmax(0, 1 - fabs(j + 0.5 - centre) / support);
         weight[k] = sum > 0 ? (float)(w / sum) : j == low;
      }
   }
   return 0;
}

/* out (n) = sum over k of weight[k] * row k */
static void blend_rows(float *restrict out, const uint8_t *restrict rows, size_t stride, const float *restrict weight,
                       int taps, size_t n)
{
   int k = taps % 2;
   const float a = weight[0], b = weight[taps > 1];
   if (k) {
      for (size_t i = 0; i < n; i++) out[i] = a * (float)rows[i];
   } else {
      const uint8_t *restrict next = rows + stride;
      for (size_t i = 0; i < n; i++) out[i] = a * (float)rows[i] + b * (float)next[i];
      k = 2;
   }
   for (; k < taps; k += 2) {
      const uint8_t *restrict p = rows + k * stride, *restrict q = p + stride;
      const float c = weight[k], d = weight[k + 1];
      for (size_t i = 0; i < n; i++) out[i] += c * (float)p[i] + d * (float)q[i];
   }
}

int hl_resample(float *planes, const hl_image *image, const hl_axis *y, int rows, const hl_axis *x, int columns,
                bool flip, hl_buffer *scratch)
{
   /* Starting points grow along the axis, so the first and the last output bound the columns that are read. */
   int from = x->first[0];
   size_t wide = 3 * (size_t)(x->first[columns - 1] + x->taps - from), stride = 3 * (size_t)image->width;
   size_t plane = (size_t)rows * columns;
   HL_TRY(hl_buffer_need("loader", scratch, wide * sizeof(float)));
   float *row = scratch->data;
   for (int i = 0; i < rows; i++) {
      const uint8_t *source = (const uint8_t *)image->pixels.data + y->first[i] * stride + 3 * (size_t)from;
      blend_rows(row, source, stride, y->weight + (size_t)i * y->taps, y->taps, wide);
      float *out = planes + (size_t)i * columns;
      for (int j = 0; j < columns; j++) {
         const float *in = row + 3 * (size_t)(x->first[j] - from), *weight = x->weight + (size_t)j * x->taps;
         float r = 0, g = 0, b = 0;
         for (int k = 0; k < x->taps; k++) {
            r += weight[k] * in[3 * k];
            g += weight[k] * in[3 * k + 1];
            b += weight[k] * in[3 * k + 2];
         }
         int to = flip ? columns - 1 - j : j;
         out[to] = r * (1 / 255.0f);
         out[to + plane] = g * (1 / 255.0f);
         out[to + 2 * plane] = b * (1 / 255.0f);
      }
   }
   return 0;
}

/* ---- colour jitter: torchvision.transforms.functional's adjust_* on float images ---- */

static inline float clamp(float v)
{
   v = v > 0 ? v : 0;
   return v < 1 ? v : 1;
}

static inline float grey(float r, float g, float b)
{
   return 0.2989f * r + 0.587f * g + 0.114f * b;
}

static void adjust_brightness(float *restrict v, size_t n, float factor)
{
   for (size_t i = 0; i < 3 * n; i++) v[i] = clamp(v[i] * factor);
}

static void adjust_contrast(float *restrict v, size_t n, float factor)
{
   double sum = 0;
   for (size_t i = 0; i < n; i++) sum += grey(v[i], v[i + n], v[i + 2 * n]);
   float rest = (1 - factor) * (float)(sum / (double)n);
   for (size_t i = 0; i < 3 * n; i++) v[i] = clamp(v[i] * factor + rest);
}

static void adjust_saturation(float *v, size_t n, float factor)
{
   float *restrict r = v, *restrict g = v + n, *restrict b = v + 2 * n;
   for (size_t i = 0; i < n; i++) {
      float rest = (1 - factor) * grey(r[i], g[i], b[i]);
      r[i] = clamp(r[i] * factor + rest);
      g[i] = clamp(g[i] * factor + rest);
      b[i] = clamp(b[i] * factor + rest);
   }
}

/* Value of the colour channel whose peak lies at sector 5 (red), 3 (green) or 1 (blue) of HSV's six, counted from the
 * hue: v - chroma * clamp(min(k, 4 - k)), k = (sector + hue) mod 6 */
static inline float hsv_channel(float sector, float hue6, float value, float chroma)
{
   float k = sector + hue6;
   k = k >= 6 ? k - 6 : k;
   float slope = k < 4 - k ? k : 4 - k;
   return value - chroma * clamp(slope);
}

static void adjust_hue(float *v, size_t n, float turn)
{
   float *restrict r = v, *restrict g = v + n, *restrict b = v + 2 * n;
   for (size_t i = 0; i < n; i++) {
      float red = r[i], green = g[i], blue = b[i];
      float most = red > green ? red : green, least = red < green ? red : green;
      most = most > blue ? most : blue;
      least = least < blue ? least : blue;
      float chroma = most - least, inverse = 1 / (chroma > 0 ? chroma : 1);
      float at_red = (green - blue) * inverse, at_green = 2 + (blue - red) * inverse;
      float at_blue = 4 + (red - green) * inverse;
      float hue6 = most == red ? at_red : most == green ? at_green : at_blue;
      hue6 += 6 * turn; /* -4 .. 8 */
      hue6 = hue6 < 0 ? hue6 + 6 : hue6;
      hue6 = hue6 >= 6 ? hue6 - 6 : hue6;
      r[i] = hsv_channel(5, hue6, most, chroma);
      g[i] = hsv_channel(3, hue6, most, chroma);
      b[i] = hsv_channel(1, hue6, most, chroma);
   }
}

void hl_jitter(float *planes, size_t n, const hl_host_sample *s)
{
   for (int i = 0; i < 4; i++) {
      switch (s->jitter_order[i]) {
      case 0:
         if (s->brightness != 1) adjust_brightness(planes, n, (float)s->brightness);
         break;
      case 1:
         if (s->contrast != 1) adjust_contrast(planes, n, (float)s->contrast);
         break;
      case 2:
         if (s->saturation != 1) adjust_saturation(planes, n, (float)s->saturation);
         break;
      case 3:
         if (s->hue != 0) adjust_hue(planes, n, (float)s->hue);
         break;
      }
   }
}

/* ---- blur ---- */

/* Reflection without repeating the border; also for images narrower than the kernel. */
static int reflect(int i, int n)
{
   int period = 2 * (n - 1);
   if (n == 1) return 0;
   i = i % period;
   if (i < 0) i += period;
   return i < n ? i : period - i;
}

int hl_blur(float *planes, int h, int w, double sigma, hl_buffer *scratch)
{
   int radius = (int)ceil(3 * sigma), taps = 2 * radius + 1;
   size_t plane = (size_t)h * w, padded = (size_t)w + 2 * radius;
   HL_TRY(hl_buffer_need("loader", scratch, (plane + padded + taps) * sizeof(float)));
   float *rows = scratch->data, *pad = rows + plane, *weight = pad + padded;
   double sum = 0;
   for (int k = 0; k < taps; k++) sum += exp(-0.5 * (k - radius) * (k - radius) / (sigma * sigma));
   for (int k = 0; k < taps; k++) weight[k] = (float)(exp(-0.5 * (k - radius) * (k - radius) / (sigma * sigma)) / sum);
   for (int c = 0; c < 3; c++) {
      float *v = planes + c * plane;
      memset(rows, 0, plane * sizeof *rows);
      for (int y = 0; y < h; y++) {
         float *restrict out = rows + (size_t)y * w;
         for (int x = 0; x < radius; x++) pad[x] = v[(size_t)y * w + reflect(x - radius, w)];
         memcpy(pad + radius, v + (size_t)y * w, w * sizeof *pad);
         for (int x = w; x < w + radius; x++) pad[radius + x] = v[(size_t)y * w + reflect(x, w)];
         for (int k = 0; k < taps; k++)
            for (int x = 0; x < w; x++) out[x] += weight[k] * pad[k + x];
      }
      memset(v, 0, plane * sizeof *v);
      for (int y = 0; y < h; y++) {
         float *restrict out = v + (size_t)y * w;
         for (int k = 0; k < taps; k++) {
            const float *restrict in = rows + (size_t)reflect(y + k - radius, h) * w;
            for (int x = 0; x < w; x++) out[x] += weight[k] * in[x];
         }
      }
   }
   return 0;
}
