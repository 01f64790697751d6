/* generic.h: compiles one source for float and for double. A file foo.c reads
 *
 *    #ifdef real
 *    static void FN(foo)(real *y, ...) { ... }          the part compiled twice
 *    #else
 *    #include "cpu.h"
 *    #define HL_GENERIC "foo.c"
 *    #include "generic.h"
 *    int hl_foo(...) { ... y->dtype == HL_F64 ? foo_f64(...) : foo_f32(...) }
 *    #endif

 *
 * real is what is computed with. Where HL_GENERIC_BF16 is defined too, foo.c is compiled a third time, for bfloat16:
 * elem, which is real otherwise, is uint16_t then, real float and FN(foo) foo_bf16. */
#define HL_JOIN_(a, b) a##b
#define HL_JOIN(a, b) HL_JOIN_(a, b)

#define real float
#define elem float
#define ELEM_IS_REAL 1
#define FN(name) HL_JOIN(name, _f32)
#define REAL_IS_FLOAT 1
#include HL_GENERIC
#undef real
#undef elem
#undef FN
#undef REAL_IS_FLOAT

#define real double
#define elem double
#define FN(name) HL_JOIN(name, _f64)
#define REAL_IS_FLOAT 0
#include HL_GENERIC
#undef real
#undef elem
#undef FN
#undef REAL_IS_FLOAT
#undef ELEM_IS_REAL

#ifdef HL_GENERIC_BF16
#define real float
#define elem uint16_t
#define FN(name) HL_JOIN(name, _bf16)
#define REAL_IS_FLOAT 1
#define ELEM_IS_REAL 0
#include HL_GENERIC
#undef real
#undef elem
#undef FN
#undef REAL_IS_FLOAT
#undef ELEM_IS_REAL
#endif
