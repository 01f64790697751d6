/* hilo.h: the contract that every device library implements (libhilo_cpu.so, libhilo_cuda.so, libhilo_emu.so).
 *
 * LuaJIT reads this very file: lines that start with '#' are dropped and the rest goes to ffi.cdef, so it keeps
 * to plain structs, enums and prototypes.
 *
 * Rules that hold for every function:
 *  - It returns 0, or 1 after leaving a text for hl_error(). It never aborts, never unwinds, never calls back.
 *  - Outputs are allocated and sized by the caller; a function checks sizes and dtypes before it writes.
 *  - What depends on values held by a card, a label that is no class, a position outside a tensor, a whole number
 *    divided by 0, is found there while the host goes on: the call returns 0, and the next hl_synchronize, hl_download
 *    or other call that waits for the card fails with the text. Nothing outside the tensors is read or written; what
 *    comes of such a value is NaN (of whole numbers 0), or, where it says where to write, is left out.
 *    A matrix of hl_confusion stays as it was. On the CPU the call itself fails; what it was to write
 *    is then undefined, but for that matrix.
 *  - It polls the interrupt flag given to hl_init (between tiles where it runs long) and fails with "interrupted".
 *  - "float" means HL_F32, HL_F64 or HL_BF16, which on the CPU is for what stands between convolutions; all float
 * arguments of one call share one dtype unless said otherwise.
 *  - "any strides" is said where it holds; every other tensor argument must be contiguous.
 *  - A gradient output that is NULL is not wanted. Gradients of parameters (dw, db, dgamma, dbeta) are added to,
 *    gradients of activations (dx, da) are overwritten.
 *  - Tensors that hold positions along a dimension (HL_I64) count from 1, as in Lua. Label maps (HL_U8, HL_I32 or
 *    HL_I64) hold class ids 0..C-1 and one void id.
 *  - dim arguments count from 0. */
#ifndef HILO_H
#define HILO_H

#include <stdint.h>

enum { HL_ABI = 4, HL_MAX_DIM = 8 };

typedef enum { HL_F32, HL_F64, HL_U8, HL_I32, HL_I64, HL_BF16, HL_I8, HL_I16 } hl_dtype;
typedef enum { HL_CPU, HL_CUDA, HL_EMU } hl_device;

/* A view of device memory; plain data. data points at the first element of the view, strides count elements.
 * ndim 0 is the empty tensor. */
typedef struct {
   void *data;
   int32_t dtype, device, ndim, reserved;
   int64_t size[8], stride[8];
} hl_tensor;

/* ---- library ---- */

/* Called once after loading; interrupt points at the flag that Ctrl-C raises. Returns HL_ABI, or -1 with a reason. */
int hl_init(const volatile int32_t *interrupt);
/* Text of this thread's last failure, "" if none. */
const char *hl_error(void);
/* Number of threads that loops and BLAS share; set returns 1 when n < 1. */
int hl_threads(void);
int hl_set_threads(int n);
/* Instruction set or card, for people: "avx512", "NVIDIA H100 ...". */
const char *hl_device_name(void);

/* ---- memory ---- */

typedef struct {
   int64_t live, cached, peak, allocations;
} hl_memory; /* bytes; number of requests to the system */

/* Memory for a storage of that many bytes, 64-byte aligned, from the cache if a block fits.
 * zero: filled with zeros. */
int hl_alloc(void **data, int64_t bytes, int zero);
/* As hl_alloc, memory that is no part of the recording under way, for what is filled before each run of it. */
int hl_alloc_apart(void **data, int64_t bytes);
/* Back to the cache. NULL is ignored. */
void hl_free(void *data);
/* Cached blocks back to the system. */
int hl_empty_cache(void);
int hl_memory_info(hl_memory *info);
int hl_reset_peak(void);
/* Waits until everything that was asked of the device is done. */
int hl_synchronize(void);
/* Bytes between host memory and this device. */
int hl_upload(void *device, const void *host, int64_t bytes);
int hl_download(void *host, const void *device, int64_t bytes);
/* As hl_upload, beside the work under way: the host's memory has been read when it returns, and what is asked for after
 * hl_await_uploads comes after the copy. */
int hl_upload_ahead(void *device, const void *host, int64_t bytes);
int hl_await_uploads(void);

/* ---- work that is recorded once and done again and again, which spares the host's part ---- */

typedef struct hl_graph hl_graph;
/* From now on work is noted instead of done. Memory taken until the end belongs to the recording, freed or not, until
 * hl_graph_free; what needs the device's answer, or brings it the host's memory, fails. A device without recordings,
 * such as the CPU, fails. */
int hl_graph_record(void);
/* Ends the recording. graph NULL: it is dropped. */
int hl_graph_end(hl_graph **graph);
/* Does what was recorded, in the memory that it was recorded with. */
int hl_graph_run(hl_graph *graph);
/* NULL is ignored. */
void hl_graph_free(hl_graph *graph);

/* ---- pointwise; any strides; sizes broadcast to y's (size 1 or missing leading dims stretch) ----
 * y may be the very view of an input. Arithmetic is done in y's dtype unless said otherwise. */

int hl_fill(hl_tensor *y, double value);
/* y = x, converting dtype (float to integer truncates); x broadcasts. */
int hl_copy(hl_tensor *y, const hl_tensor *x);
/* y[i] = start + i * step, in row-major order. */
int hl_range(hl_tensor *y, double start, double step);

typedef enum {
   HL_NEG,
   HL_ABS,
   HL_SQUARE,
   HL_SQRT,
   HL_RSQRT,
   HL_RECIPROCAL,
   HL_EXP,
   HL_LOG,
   HL_LOG1P,
   HL_SIN,
   HL_COS,
   HL_TAN,
   HL_ASIN,
   HL_ACOS,
   HL_ATAN,
   HL_SINH,
   HL_COSH,
   HL_TANH,
   HL_SIGMOID,
   HL_SOFTPLUS,
   HL_FLOOR,
   HL_CEIL,
   HL_ROUND,
   HL_TRUNC,
   HL_FRAC,
   HL_SIGN,
   HL_RELU,
   HL_RELU6,      /* min(max(x, 0), 6) */
   HL_LEAKY_RELU, /* x > 0 ? x : a * x */
   HL_ELU,        /* x > 0 ? x : a * (exp(x) - 1) */
   HL_CLAMP,      /* min(max(x, a), b) */
   HL_AFFINE,     /* a * x + b */
   HL_POW         /* x ^ a */
} hl_unary_op;
/* y = op(x); x and y one dtype. Integers take NEG, ABS, SQUARE, SIGN, RELU, CLAMP, AFFINE, POW and the roundings. */
int hl_unary(hl_tensor *y, const hl_tensor *x, int op, double a, double b);
/* dx = dy * op'(x); y = op(x) as computed; float only. */
int hl_unary_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *x, const hl_tensor *y, int op, double a,
                  double b);

typedef enum {
   HL_ADD, /* a + alpha * b */
   HL_SUB, /* a - alpha * b */
   HL_MUL,
   HL_DIV,
   HL_MOD /* sign of b, as Lua's % */,
   HL_FMOD /* sign of a */,
   HL_POWER,
   HL_ATAN2,
   HL_MAX,
   HL_MIN,
   HL_EQ,
   HL_NE,
   HL_LT,
   HL_LE,
   HL_GT,
   HL_GE /* comparisons: y is HL_U8, 0 or 1; a and b share a dtype */
} hl_binary_op;
/* Integer division or modulus by zero fails. */
int hl_binary(hl_tensor *y, const hl_tensor *a, const hl_tensor *b, int op, double alpha);
/* The same with a number for b, or for a where reverse is set. */
int hl_binary_scalar(hl_tensor *y, const hl_tensor *a, double b, int op, double alpha, int reverse);
/* y = x + alpha * a * b, or x + alpha * a / b where divide is set. */
int hl_addcmul(hl_tensor *y, const hl_tensor *x, const hl_tensor *a, const hl_tensor *b, double alpha, int divide);
/* y = mask ? a : b; mask is HL_U8. */
int hl_where(hl_tensor *y, const hl_tensor *mask, const hl_tensor *a, const hl_tensor *b);

/* ---- reductions and order; any strides ---- */

typedef enum { HL_SUM, HL_MEAN, HL_PROD, HL_RMAX, HL_RMIN, HL_SUMSQ, HL_SUMABS, HL_ANY, HL_ALL } hl_reduce_op;
/* y = op over the dims whose bit is set in dims; y has x's ndim with 1 in those dims and x's dtype, or a wider one:
 * HL_I64 or a float for integer x. HL_ANY, HL_ALL: y is HL_U8. NaN wins in RMAX and RMIN.
 * Sums are taken in double or in float partial sums of at most a few hundred terms. */
int hl_reduce(hl_tensor *y, const hl_tensor *x, int op, uint32_t dims);
/* Largest (op HL_RMAX) or smallest (HL_RMIN) along dim and its first position; values may be NULL. */
int hl_reduce_index(hl_tensor *values, hl_tensor *index, const hl_tensor *x, int op, int dim);
/* Running sum (HL_SUM) or product (HL_PROD) along dim. */
int hl_cumulate(hl_tensor *y, const hl_tensor *x, int op, int dim);
/* Stable sort along dim; NaN counts as largest. values has x's sizes, or k along dim: then only the first k. */
int hl_sort(hl_tensor *values, hl_tensor *index, const hl_tensor *x, int dim, int descending);

/* y = slices of x at index (n) along dim. */
int hl_index_select(hl_tensor *y, const hl_tensor *x, const hl_tensor *index, int dim);
/* x's slices at index (n) along dim: += y (add) or = y. The backward of index_select. */
int hl_index_put(hl_tensor *x, const hl_tensor *y, const hl_tensor *index, int dim, int add);
/* y[i][j] = x[index[i][j]][j] (dim 0 of 2): y and index share sizes. */
int hl_gather(hl_tensor *y, const hl_tensor *x, const hl_tensor *index, int dim);
/* The reverse: x[index[i][j]][j] += y[i][j] (add) or = y[i][j]. */
int hl_scatter(hl_tensor *x, const hl_tensor *y, const hl_tensor *index, int dim, int add);
/* Elements of x where mask (HL_U8, x's sizes) is not 0, in row-major order; y is 1-d of exactly that many. */
int hl_masked_select(hl_tensor *y, const hl_tensor *x, const hl_tensor *mask);
/* The reverse: x's elements where mask is not 0 are set to y's, in order. */
int hl_masked_put(hl_tensor *x, const hl_tensor *y, const hl_tensor *mask);
/* Positions of the elements that are not 0: index (n, x.ndim). *n is their number; index NULL only counts. */
int hl_nonzero(hl_tensor *index, int64_t *n, const hl_tensor *x);

/* ---- matrices; any strides ---- */

/* c = alpha * a b + beta * c. a (M,K), b (K,N), c (M,N), float; or a batch of them, (B,M,K), (B,K,N), (B,M,N).
 * With beta 0 the old c is not read. */
int hl_matmul(hl_tensor *c, const hl_tensor *a, const hl_tensor *b, double alpha, double beta);
/* 1 lets products and convolutions of float32 round their factors to TF32, 10 bits, where a card is faster so; 0, the
 * default, keeps their 23. No effect on the CPU. */
int hl_set_tf32(int on);

/* ---- convolution ---- */

typedef struct {
   int32_t stride_h, stride_w, pad_h, pad_w, dil_h, dil_w, groups;
} hl_conv;

/* y = conv2d(x, w) + b (cross-correlation). x (N,C,H,W), w (K,C/groups,R,S), b (K) or NULL, y (N,K,P,Q).
 * P = floor((H + 2*pad_h - dil_h*(R-1) - 1) / stride_h) + 1, Q likewise. Channels are cut into equal groups in their
 * order, those of y as those of x, and each group of y sees only its group of x; depthwise where groups is C.
 * Of all convolutions: w, b, dw and db are HL_F32 where x is HL_BF16. Weights are rounded to HL_BF16 for the products,
 * which are summed in float; a card rounds dw so once, before it is added. */
int hl_conv2d(hl_tensor *y, const hl_tensor *x, const hl_tensor *w, const hl_tensor *b, const hl_conv *p);
/* Gradients of the above: dx overwritten, dw and db added to. */
int hl_conv2d_back(hl_tensor *dx, hl_tensor *dw, hl_tensor *db, const hl_tensor *dy, const hl_tensor *x,
                   const hl_tensor *w, const hl_conv *p);
/* y = the sum over i < n of conv2d(x, w[i], p[i]) + b[i]: convolutions side by side whose results have one size, y's.
 * b, or some of its entries, may be NULL; groups is 1. */
int hl_conv2d_sum(hl_tensor *y, const hl_tensor *x, int n, hl_tensor *const *w, hl_tensor *const *b, const hl_conv *p);
/* Gradients of the above: dx overwritten, dw[i] and db[i] added to; dw, db or entries of them may be NULL. */
int hl_conv2d_sum_back(hl_tensor *dx, int n, hl_tensor *const *dw, hl_tensor *const *db, const hl_tensor *dy,
                       const hl_tensor *x, hl_tensor *const *w, const hl_conv *p);
/* 1 (the default) lets 3x3 stride-1 and, of float32, 4x4 stride-2 convolutions use Winograd; 0 turns that off. */
int hl_set_winograd(int on);

/* ---- normalisation ---- */

typedef struct {
   double eps, momentum; /* running = (1 - momentum) * running + momentum * batch; the running variance is unbiased */
   int32_t training;     /* batch statistics, and the running ones move; else the running ones are used */
   int32_t relu;         /* y = max(0, .) at the end */
} hl_norm;

/* Batch normalisation over all but dim 1, then + add, then ReLU. x, y, add (N,C,...); gamma, beta (C) or NULL for 1 and
 * 0; add may be NULL. mean, invstd (C) are written: what the backward needs. running_mean, running_var (C).
 * Training needs more than one value a channel. */
int hl_batch_norm(hl_tensor *y, hl_tensor *mean, hl_tensor *invstd, hl_tensor *running_mean, hl_tensor *running_var,
                  const hl_tensor *x, const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add,
                  const hl_norm *p);
/* y as hl_batch_norm wrote it, bit for bit, from the mean and invstd that it left: so y need not be kept. */
int hl_batch_norm_again(hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd, const hl_tensor *x,
                        const hl_tensor *gamma, const hl_tensor *beta, const hl_tensor *add, const hl_norm *p);
/* y is needed only with relu. dadd is dy through the ReLU. dx may be the same tensor as dy (then dadd must not be). */
int hl_batch_norm_back(hl_tensor *dx, hl_tensor *dgamma, hl_tensor *dbeta, hl_tensor *dadd, const hl_tensor *dy,
                       const hl_tensor *x, const hl_tensor *y, const hl_tensor *mean, const hl_tensor *invstd,
                       const hl_tensor *gamma, const hl_norm *p);

/* ---- pooling and resizing; x (N,C,H,W) ---- */

typedef struct {
   int32_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, ceil_mode, count_pad;
} hl_pool;

/* y (N,C,P,Q), index (N,C,P,Q) HL_I32: offset of the maximum in its H*W plane. */
int hl_max_pool(hl_tensor *y, hl_tensor *index, const hl_tensor *x, const hl_pool *p);
/* Windows floor(i*H/P) .. ceil((i+1)*H/P). */
int hl_adaptive_max_pool(hl_tensor *y, hl_tensor *index, const hl_tensor *x);
/* Backward of both. */
int hl_max_pool_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *index);
/* count_pad: padding counts in the divisor. */
int hl_avg_pool(hl_tensor *y, const hl_tensor *x, const hl_pool *p);
int hl_avg_pool_back(hl_tensor *dx, const hl_tensor *dy, const hl_pool *p);
int hl_adaptive_avg_pool(hl_tensor *y, const hl_tensor *x);
int hl_adaptive_avg_pool_back(hl_tensor *dx, const hl_tensor *dy);

typedef enum { HL_NEAREST, HL_BILINEAR, HL_BILINEAR_ALIGNED /* corners aligned */ } hl_resize_mode;
/* y (N,C,P,Q) = x resampled, as PyTorch's interpolate. Nearest also takes integers. */
int hl_resize(hl_tensor *y, const hl_tensor *x, int mode);
int hl_resize_back(hl_tensor *dx, const hl_tensor *dy, int mode);

/* ---- softmax and losses ---- */

/* Softmax, or its logarithm, along dim. y may be x. */
int hl_softmax(hl_tensor *y, const hl_tensor *x, int dim, int log);
int hl_softmax_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y, int dim, int log);

typedef struct {
   int32_t void_label, per_image;
} hl_ce;

/* Cross entropy of logits x (N,C,...) with labels (N,...): mean over the pixels that are not void, weighted by
 * weight (C) where not NULL (the mean divides by the sum of the weights). loss (1), or with per_image (N): each image's
 * own mean. Where every pixel is void the loss is 0. lse (N,...) and scale (N) are kept for the backward: the pixels'
 * log-sum-exp and what one pixel of image n counts. A label that is neither in 0..C-1 nor void_label fails. */
int hl_cross_entropy(hl_tensor *loss, hl_tensor *lse, hl_tensor *scale, const hl_tensor *x, const hl_tensor *labels,
                     const hl_tensor *weight, const hl_ce *p);
int hl_cross_entropy_back(hl_tensor *dx, const hl_tensor *dloss, const hl_tensor *lse, const hl_tensor *scale,
                          const hl_tensor *x, const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p);

/* hl_cross_entropy of x (N,C,h,w) resized to the size of labels (N,H,W) as hl_resize does, which is never stored. lse
 * (N,H,W). */
int hl_resize_cross_entropy(hl_tensor *loss, hl_tensor *lse, hl_tensor *scale, const hl_tensor *x,
                            const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p, int mode);
int hl_resize_cross_entropy_back(hl_tensor *dx, const hl_tensor *dloss, const hl_tensor *lse, const hl_tensor *scale,
                                 const hl_tensor *x, const hl_tensor *labels, const hl_tensor *weight, const hl_ce *p,
                                 int mode);

typedef enum { HL_BCE_LOGITS /* a logits, b targets in [0,1] */, HL_MSE, HL_L1, HL_SMOOTH_L1 } hl_pair_op;
/* loss (1) = mean, or sum where mean is 0, of the elementwise loss of a and b (same sizes). */
int hl_pair_loss(hl_tensor *loss, const hl_tensor *a, const hl_tensor *b, int op, int mean);
int hl_pair_loss_back(hl_tensor *da, hl_tensor *db, const hl_tensor *dloss, const hl_tensor *a, const hl_tensor *b,
                      int op, int mean);
/* y (N) = cosine similarity of the rows of a, b (N,D); norms are at least eps. */
int hl_cosine(hl_tensor *y, const hl_tensor *a, const hl_tensor *b, double eps);
int hl_cosine_back(hl_tensor *da, hl_tensor *db, const hl_tensor *dy, const hl_tensor *a, const hl_tensor *b,
                   double eps);

/* ---- label maps ---- */

/* labels (N,...) = the class of the largest of x (N,C,...); confidence (N,...) that value, or NULL. */
int hl_label_map(hl_tensor *labels, hl_tensor *confidence, const hl_tensor *x);
/* y (N,C,...) = 1 at the label's channel, else 0; void gives a column of zeros. */
int hl_one_hot(hl_tensor *y, const hl_tensor *labels, int void_label);

/* What a discriminator sees, y (N,C+D,...): a map of C channels, 0 where mask (N,1,...) HL_U8 is 0 (NULL: nowhere), and
 * beside it images (N,D,...), each scaled to [0,1] by its own range, which is taken to be at least 1e-8; NaN stays. The
 * map is the softmax of x (N,C,...), or 1 at the label's channel and else 0, as hl_one_hot. */
int hl_softmax_pair(hl_tensor *y, const hl_tensor *x, const hl_tensor *images, const hl_tensor *mask);
int hl_one_hot_pair(hl_tensor *y, const hl_tensor *labels, const hl_tensor *images, const hl_tensor *mask,
                    int void_label);
/* Gradient of x; y as hl_softmax_pair wrote it, so the mask is in it. */
int hl_softmax_pair_back(hl_tensor *dx, const hl_tensor *dy, const hl_tensor *y);

/* matrix (C,C) HL_I64: [truth][prediction] += 1 for every pixel whose truth is not void. */
int hl_confusion(hl_tensor *matrix, const hl_tensor *truth, const hl_tensor *prediction, int void_label);

/* ---- random numbers: Philox4x32-10, see core/philox.h; element i of y depends on (seed, offset, i) alone ---- */

typedef struct {
   uint64_t seed, offset;
   const int64_t *now; /* NULL, or device memory whose number, at the time of the draw, is added to offset */
} hl_rng;

int hl_uniform(hl_tensor *y, double low, double high, const hl_rng *r);
int hl_normal(hl_tensor *y, double mean, double std, const hl_rng *r);
/* 1 with probability p, else 0; any dtype. */
int hl_bernoulli(hl_tensor *y, double p, const hl_rng *r);
/* Whole numbers low..high, both included; any dtype. */
int hl_random_int(hl_tensor *y, int64_t low, int64_t high, const hl_rng *r);
/* y = x * mask / (1 - p), mask 0 with probability p; with channels one draw for each (n,c) of x (N,C,...). The same
 * call on dy with the same r is the backward. */
int hl_dropout(hl_tensor *y, const hl_tensor *x, double p, int channels, const hl_rng *r);

/* ---- updates of whole parameter lists, in place ---- */

typedef struct {
   double lr, momentum, dampening, weight_decay;
   int32_t nesterov;
   int32_t first;     /* this is the first step: v is set to the gradient instead of being read */
   const double *now; /* NULL, or device memory that holds lr at the time of the step */
} hl_sgd_options;
/* Of each w: g += weight_decay * w; v = momentum * v + (1 - dampening) * g; w -= lr * (nesterov ? g + momentum * v :
 * v). The gradients are not changed. v may be NULL where momentum is 0; then w -= lr * g, whatever dampening is. */
int hl_sgd(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *v, const hl_sgd_options *o);

typedef struct {
   double lr, beta1, beta2, eps, weight_decay;
   int64_t step;      /* from 1 */
   const double *now; /* NULL, or device memory that holds lr and step at the time of the step */
} hl_adam_options;
/* Kingma and Ba's Adam with bias correction; m, v are the running moments. */
int hl_adam(int n, hl_tensor *const *w, hl_tensor *const *g, hl_tensor *const *m, hl_tensor *const *v,
            const hl_adam_options *o);
/* t = a * t + (1 - a) * s; now: NULL, or device memory that holds a at the time of the step */
int hl_ema(int n, hl_tensor *const *t, hl_tensor *const *s, double a, const double *now);
/* norm (1) HL_F64 = the Euclidean norm of all g together. */
int hl_global_norm(hl_tensor *norm, int n, hl_tensor *const *g);
/* g *= a */
int hl_scale_list(int n, hl_tensor *const *g, double a);

#endif
