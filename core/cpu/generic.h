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
 */
#define HL_JOIN_(a, b) a##b
#define HL_JOIN(a, b) HL_JOIN_(a, b)

#define real float
#define FN(name) HL_JOIN(name, _f32)
#define REAL_IS_FLOAT 1
#include HL_GENERIC
#undef real
#undef FN
#undef REAL_IS_FLOAT

#define real double
#define FN(name) HL_JOIN(name, _f64)
#define REAL_IS_FLOAT 0
#include HL_GENERIC
#undef real
#undef FN
#undef REAL_IS_FLOAT
