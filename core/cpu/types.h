/* types.h: compiles one source for every dtype of the CPU, as generic.h does for float and double. HL_TYPES names the
 * file; it sees
 *    num           the type
 *    wrap          the type to add and multiply in: unsigned for integers, whose overflow wraps around
 *    pattern       the unsigned type of the same size
 *    wide          the type to accumulate in: double, or int64_t for integers
 *    FN(name)      name_f32, name_f64, name_u8, name_i8, name_i16, name_i32, name_i64
 *    MATH(name)    the function of math.h
 *    NUM_IS_FLOAT
 *    TO_NUM(x)     conversion from double, see iter.h */
#pragma GCC diagnostic ignored "-Wtype-limits" /* the signed types' tests are always false for uint8_t */

#define HL_PASTE_(a, b) a##b
#define HL_PASTE(a, b) HL_PASTE_(a, b)

#define num float
#define pattern uint32_t
#define wide double
#define wrap float
#define FN(name) HL_PASTE(name, _f32)
#define MATH(name) HL_PASTE(name, f)
#define TO_NUM hl_to_f32
#define NUM_IS_FLOAT 1
#include HL_TYPES
#undef num
#undef pattern
#undef wide
#undef wrap
#undef FN
#undef MATH
#undef TO_NUM

#define num double
#define pattern uint64_t
#define wide double
#define wrap double
#define FN(name) HL_PASTE(name, _f64)
#define MATH(name) name
#define TO_NUM hl_to_f64
#include HL_TYPES
#undef num
#undef pattern
#undef wide
#undef wrap
#undef FN
#undef MATH
#undef TO_NUM
#undef NUM_IS_FLOAT

#define NUM_IS_FLOAT 0
#define num uint8_t
#define pattern uint8_t
#define wide int64_t
#define wrap uint32_t
#define FN(name) HL_PASTE(name, _u8)
#define TO_NUM hl_to_u8
#include HL_TYPES
#undef num
#undef pattern
#undef wide
#undef wrap
#undef FN
#undef TO_NUM

#define num int8_t
#define pattern uint8_t
#define wide int64_t
#define wrap uint32_t
#define FN(name) HL_PASTE(name, _i8)
#define TO_NUM hl_to_i8
#include HL_TYPES
#undef num
#undef pattern
#undef wide
#undef wrap
#undef FN
#undef TO_NUM

#define num int16_t
#define pattern uint16_t
#define wide int64_t
#define wrap uint32_t
#define FN(name) HL_PASTE(name, _i16)
#define TO_NUM hl_to_i16
#include HL_TYPES
#undef num
#undef pattern
#undef wide
#undef wrap
#undef FN
#undef TO_NUM

#define num int32_t
#define pattern uint32_t
#define wide int64_t
#define wrap uint32_t
#define FN(name) HL_PASTE(name, _i32)
#define TO_NUM hl_to_i32
#include HL_TYPES
#undef num
#undef pattern
#undef wide
#undef wrap
#undef FN
#undef TO_NUM

#define num int64_t
#define pattern uint64_t
#define wide int64_t
#define wrap uint64_t
#define FN(name) HL_PASTE(name, _i64)
#define TO_NUM hl_to_i64
#include HL_TYPES
#undef num
#undef pattern
#undef wide
#undef wrap
#undef FN
#undef TO_NUM
#undef NUM_IS_FLOAT
