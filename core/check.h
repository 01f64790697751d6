/* check.h: what every device library does before it touches data: error texts, tensor predicates, argument checks.
 * The checks of one op family live in check_<family>.c and are shared by all devices. */
#ifndef HL_CHECK_H
#define HL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include "hilo.h"

/* Exported from a library; everything else is hidden (-fvisibility=hidden). */
#define HL_API __attribute__((visibility("default")))

/* Leaves the text for hl_error(); returns 1. */
int hl_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Returns 1 with the printed message unless the condition holds. */
#define HL_CHECK(condition, ...) \
   do { \
      if (!(condition)) return hl_fail(__VA_ARGS__); \
   } while (0)

/* Passes a failure on. */
#define HL_TRY(call) \
   do { \
      if (call) return 1; \
   } while (0)

/* Fails with "interrupted" after Ctrl-C; cheap enough for every call and every tile. */
int hl_poll(void);
/* Whether it would: a loop leaves out what is left to do then, and hl_poll() ends its function. */
bool hl_interrupted(void);
void hl_set_interrupt(const volatile int32_t *flag);

/* A device whose kernels take 4-d tensors that are dense with the channels innermost (N,H,W,C in memory) says so once;
 * hl_need_contiguous lets them pass from then on. */
void hl_take_channels_last(void);

/* "2x3x4 float32", for messages. The text lives until eight more were asked for on this thread. */
const char *hl_show(const hl_tensor *t);
const char *hl_dtype_name(int dtype);
int64_t hl_dtype_size(int dtype);
/* The bounds of a type of whole numbers; that above of int64 is 2^63, one too many. */
void hl_dtype_bounds(int dtype, double *low, double *high);

static inline int64_t hl_numel(const hl_tensor *t)
{
   int64_t n = t->ndim > 0;
   for (int d = 0; d < t->ndim; d++) n *= t->size[d];
   return n;
}

static inline bool hl_is_float(const hl_tensor *t)
{
   return t->dtype == HL_F32 || t->dtype == HL_F64 || t->dtype == HL_BF16;
}

bool hl_is_contiguous(const hl_tensor *t);
/* Of 4 dimensions and dense in the order (N,H,W,C). */
bool hl_is_channels_last(const hl_tensor *t);
bool hl_same_size(const hl_tensor *a, const hl_tensor *b);

/* Each fails naming fn, the argument and both sides: what was expected, what came. */
int hl_need_float(const char *fn, const char *name, const hl_tensor *t);
int hl_need_contiguous(const char *fn, const char *name, const hl_tensor *t);
int hl_need_dtype(const char *fn, const char *name, const hl_tensor *t, int dtype);
int hl_need_ndim(const char *fn, const char *name, const hl_tensor *t, int ndim);
/* Given (not NULL). */
int hl_need_given(const char *fn, const char *name, const hl_tensor *t);
/* Given, contiguous. */
int hl_need_dense(const char *fn, const char *name, const hl_tensor *t);
/* Given, contiguous, float. */
int hl_need_dense_activation(const char *fn, const char *name, const hl_tensor *t);
/* The same; on the CPU float32 or float64. */
int hl_need_dense_float(const char *fn, const char *name, const hl_tensor *t);
/* Type of parameters, statistics and losses that go with activations x: float32 for bfloat16, else x's own. */
int hl_param_dtype(const hl_tensor *x);
/* The sizes that t must have, e.g. hl_need_size("conv2d", "bias", b, 1, K). */
int hl_need_size(const char *fn, const char *name, const hl_tensor *t, int ndim, ...);
/* t has a's sizes and dtype. */
int hl_need_like(const char *fn, const char *name, const hl_tensor *t, const char *like_name, const hl_tensor *like);
/* A label map: U8, I32 or I64. */
int hl_need_labels(const char *fn, const char *name, const hl_tensor *t);
/* Sizes of x, stretched where they are 1 or missing, give those of y. */
int hl_need_broadcast(const char *fn, const char *name, const hl_tensor *x, const hl_tensor *y);

/* ---- normalisation (check_norm.c) ---- */

int hl_check_batch_norm(const hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd,
                        const hl_tensor *running_mean, const hl_tensor *running_var, const hl_tensor *x,
                        const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p);
int hl_check_batch_norm_again(const hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *x,
                              const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p);
int hl_check_batch_norm_back(const hl_tensor *dx, const hl_tensor *dgamma, const hl_tensor *dbeta,
                             const hl_tensor *dadd, const hl_tensor *dy, const hl_tensor *x, const hl_tensor *y,
                             const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *gamma, const hl_norm *p);

/* ---- pooling and resizing (check_pool.c): big (N,C,H,W), small (N,C,P,Q) ---- */

/* Output size along one dimension, < 1 where the window does not fit. */
int64_t hl_pool_size(int64_t in, int64_t kernel, int64_t stride, int64_t pad, bool ceil_mode);
int hl_check_pool(const char *fn, const char *small_name, const hl_tensor *small, const char *big_name,
                  const hl_tensor *big, const hl_pool *p);
int hl_check_adaptive_pool(const char *fn, const char *small_name, const hl_tensor *small, const char *big_name,
                           const hl_tensor *big);
/* index goes with small and points into the planes of big. */
int hl_check_pool_index(const char *fn, const hl_tensor *index, const hl_tensor *small, const hl_tensor *big);
/* Fails with the message for an index of a maximum that is not in the planes of big. */
int hl_fail_maximum(const char *fn, int64_t index, const hl_tensor *big);
/* fn is "resize" or "resize_back". */
int hl_check_resize(const char *fn, const char *to_name, const hl_tensor *to, const char *from_name,
                    const hl_tensor *from, int mode);

/* ---- softmax and losses (check_loss.c) ---- */

int hl_check_softmax(const char *fn, const char *y_name, const hl_tensor *y, const char *x_name, const hl_tensor *x,
                     int dim);
/* labels (N,...) go with x (N,C,...). */
int hl_check_labels_of(const char *fn, const char *labels_name, const hl_tensor *labels, const char *x_name,
                       const hl_tensor *x);
int hl_check_cross_entropy(const char *fn, const char *loss_name, const hl_tensor *loss, const hl_tensor *lse,
                           const hl_tensor *scale, const hl_tensor *x, const hl_tensor *labels, const hl_tensor *weight,
                           const hl_ce *p);
int hl_check_resize_cross_entropy(const char *fn, const char *loss_name, const hl_tensor *loss, const hl_tensor *lse,
                                  const hl_tensor *scale, const hl_tensor *x, const hl_tensor *labels,
                                  const hl_tensor *weight, const hl_ce *p, int mode);
int hl_check_pair_loss(const char *fn, const char *loss_name, const hl_tensor *loss, const hl_tensor *a,
                       const hl_tensor *b, int op);
/* d is NULL, or contiguous and as the tensor whose gradient it is. */
int hl_need_gradient(const char *fn, const char *name, const hl_tensor *d, const char *of_name, const hl_tensor *of);
int hl_check_cosine(const char *fn, const char *y_name, const hl_tensor *y, const hl_tensor *a, const hl_tensor *b);

/* ---- label maps (check_labels.c) ---- */

int hl_check_label_map(const hl_tensor *labels, const hl_tensor *confidence, const hl_tensor *x);
int hl_check_one_hot(const hl_tensor *y, const hl_tensor *labels);
int hl_check_softmax_pair(const hl_tensor *y, const hl_tensor *x, const hl_tensor *images, const hl_tensor *mask);
int hl_check_one_hot_pair(const hl_tensor *y, const hl_tensor *labels, const hl_tensor *images, const hl_tensor *mask);
int hl_check_softmax_pair_back(const hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y);
int hl_check_confusion(const hl_tensor *matrix, const hl_tensor *truth, const hl_tensor *prediction);
/* Fails with the message for a label that is neither a class nor void; at counts pixels of labels in memory order. */
int hl_fail_label(const char *fn, const char *name, const hl_tensor *labels, int64_t at, int64_t value, int64_t classes,
                  int void_label);

/* ---- matrix products and convolution (check_conv.c) ---- */

int hl_check_matmul(const hl_tensor *c, const hl_tensor *a, const hl_tensor *b);
int hl_check_conv2d(const hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_tensor *b, const hl_conv *p);
int hl_check_conv2d_back(const hl_tensor *dx, const hl_tensor *dw, const hl_tensor *db, const hl_tensor *dy,
                         const hl_tensor *x, const hl_tensor *w, const hl_conv *p);
int hl_check_conv2d_sum(const hl_tensor *y, const hl_tensor *x, int n, hl_tensor *const *w, hl_tensor *const *b,
                        const hl_conv *p);
int hl_check_conv2d_sum_back(const hl_tensor *dx, int n, hl_tensor *const *dw, hl_tensor *const *db,
                             const hl_tensor *dy, const hl_tensor *x, hl_tensor *const *w, const hl_conv *p);

/* ---- views, pointwise (check_pointwise.c) ---- */

/* A tensor that may be read: there, at most HL_MAX_DIM dimensions, no negative size, memory where it has elements. */
int hl_need_view(const char *fn, const char *name, const hl_tensor *t);
/* One that may also be written: no two elements share memory through a stride of 0. */
int hl_need_output(const char *fn, const char *name, const hl_tensor *t);
bool hl_is_comparison(int op);
/* "log", "sigmoid", ...: the op's name in messages. */
const char *hl_unary_name(int op);
const char *hl_binary_name(int op);
bool hl_divides(int op);
/* Fails with the message for a divisor b of whole numbers that holds a 0. */
int hl_fail_divisor(const char *fn, const hl_tensor *b);
/* The comparison that holds with its sides exchanged. */
int hl_mirrored(int op);
/* A comparison of whole numbers with b as one with a whole number in range: sets *b and *op, or returns the outcome, 0
 * or 1, where it is the same for every element; else -1. */
int hl_round_comparison(int dtype, int *op, double *b);
/* Powers of floats that have a function of their own: that function, else op. */
int hl_simpler_unary(int op, double a);
int hl_check_copy(const hl_tensor *y, const hl_tensor *x);
int hl_check_unary(const hl_tensor *y, const hl_tensor *x, int op, double a, double b);
/* What the derivative of op asks for; x, y may be NULL where it does not. */
bool hl_reads_x(int op);
bool hl_reads_y(int op);
int hl_check_unary_back(const hl_tensor *dx, const hl_tensor *dy, const hl_tensor *x, const hl_tensor *y, int op);
/* b is NULL where it is a number. */
int hl_check_binary(const hl_tensor *y, const hl_tensor *a, const hl_tensor *b, int op, double alpha);
/* Numbers that whole numbers are computed with must be whole. */
int hl_need_whole(const char *fn, const hl_tensor *x, double value);
int hl_check_addcmul(const hl_tensor *y, const hl_tensor *x, const hl_tensor *a, const hl_tensor *b, double alpha);
int hl_check_where(const hl_tensor *y, const hl_tensor *mask, const hl_tensor *a, const hl_tensor *b);

/* ---- reductions and order (check_reduce.c) ---- */

/* "sum", "mean", ...: the op's name in messages. */
const char *hl_reduce_name(int op);
int hl_check_reduce(const hl_tensor *y, const hl_tensor *x, int op, uint32_t dims);
int hl_check_reduce_index(const hl_tensor *values, const hl_tensor *index, const hl_tensor *x, int op, int dim);
int hl_check_cumulate(const hl_tensor *y, const hl_tensor *x, int op, int dim);
int hl_check_sort(const hl_tensor *values, const hl_tensor *index, const hl_tensor *x, int dim);

/* ---- updates of lists (check_update.c) ---- */

int hl_check_sgd(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *v, const hl_sgd_options *o);
int hl_check_adam(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *m, hl_tensor *const *v,
                  const hl_adam_options *o);
int hl_check_ema(int n, hl_tensor *const *t, hl_tensor *const *s);
int hl_check_global_norm(const hl_tensor *norm, int n, hl_tensor *const *g);
int hl_check_scale_list(int n, hl_tensor *const *g);

/* ---- random numbers (check_random.c) ---- */

int hl_check_draw(const char *fn, const hl_tensor *y, const hl_rng *r);
int hl_check_random_int(const hl_tensor *y, int64_t low, int64_t high, const hl_rng *r);
/* In [0, 1), or [0, 1] where one_is_fine. */
int hl_check_probability(const char *fn, double p, bool one_is_fine);
int hl_check_dropout(const hl_tensor *y, const hl_tensor *x, double p, int channels, const hl_rng *r);

/* ---- indexing (check_index.c) ---- */

/* big has slices along dim, small those that index (n) names. */
int hl_check_index(const char *fn, const char *big_name, const hl_tensor *big, const char *small_name,
                   const hl_tensor *small, const hl_tensor *index, int dim);
/* index has small's sizes; big's are no less, but for dim. */
int hl_check_gather(const char *fn, const char *big_name, const hl_tensor *big, const char *small_name,
                    const hl_tensor *small, const hl_tensor *index, int dim);
int hl_check_masked(const char *fn, const hl_tensor *x, const hl_tensor *y, const hl_tensor *mask);
/* index has n rows, the number of elements that are not 0. */
int hl_check_nonzero(const hl_tensor *index, const hl_tensor *x, int64_t n);
/* Fails with the message for a position that is not in 1..size. */
int hl_fail_index(const char *fn, int64_t position, int64_t size, int dim);

#endif
