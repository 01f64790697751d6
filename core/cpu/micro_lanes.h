/* micro_lanes.h: part of micro.h: between planes of ELEMENT and vectors of `real`. */

/* dst[i * ldd + r] = src[r * lds + i] for i < n and r < rows <= LANES, and 0 for the other r < LANES. */
static __attribute__((unused)) void ELEMENT_FN(to_lanes)(real *dst, int64_t ldd, const ELEMENT *src, int64_t lds,
                                                         int rows, int64_t n)
{
   static const ELEMENT zero[LANES];
   FN(vec) v[LANES];
   if (n < LANES) {
      ELEMENT block[LANES][LANES] = {0};
      for (int r = 0; r < rows; r++)
         for (int64_t i = 0; i < n; i++) block[r][i] = src[r * lds + i];
#pragma GCC unroll 16
      for (int r = 0; r < LANES; r++) v[r] = ELEMENT_FN(load)(block[r]);
      FN(flip)(v);
#pragma GCC unroll 16
      for (int i = 0; i < LANES; i++)
         if (i < n) FN(store)(dst + i * ldd, v[i]);
      return;
   }
   for (int64_t done = 0; done < n; done += LANES) {
      int64_t i = done + LANES <= n ? done : n - LANES; /* the last square overlaps the one before */
#pragma GCC unroll 16
      for (int r = 0; r < LANES; r++) v[r] = ELEMENT_FN(load)(r < rows ? src + r * lds + i : zero);
      FN(flip)(v);
#pragma GCC unroll 16
      for (int k = 0; k < LANES; k++) FN(store)(dst + (i + k) * ldd, v[k]);
   }
}

/* The reverse: dst[r * ldd + i] = src[i * LANES + r] for i < n, r < rows. */
static __attribute__((unused)) void ELEMENT_FN(from_lanes)(ELEMENT *dst, int64_t ldd, const real *src, int rows,
                                                           int64_t n)
{
   FN(vec) v[LANES];
   if (n < LANES) {
      ELEMENT block[LANES][LANES];
#pragma GCC unroll 16
      for (int k = 0; k < LANES; k++) v[k] = k < n ? FN(load)(src + k * LANES) : (FN(vec)){0};
      FN(flip)(v);
#pragma GCC unroll 16
      for (int r = 0; r < LANES; r++) ELEMENT_FN(store)(block[r], v[r]);
      for (int r = 0; r < rows; r++)
         for (int64_t i = 0; i < n; i++) dst[r * ldd + i] = block[r][i];
      return;
   }
   for (int64_t done = 0; done < n; done += LANES) {
      int64_t i = done + LANES <= n ? done : n - LANES;
#pragma GCC unroll 16
      for (int k = 0; k < LANES; k++) v[k] = FN(load)(src + (i + k) * LANES);
      FN(flip)(v);
#pragma GCC unroll 16
      for (int r = 0; r < LANES; r++)
         if (r < rows) ELEMENT_FN(store)(dst + r * ldd + i, v[r]);
   }
}

#undef ELEMENT
#undef ELEMENT_FN
