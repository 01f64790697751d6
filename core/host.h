/* host.h: services that have no device twin, in libhilo_host.so: image files, the loader that fills batches, Ctrl-C,
 * files written atomically, and what kind of machine this is.
 *
 * LuaJIT reads this very file after hilo.h, in the same way: lines that start with '#' are dropped, the rest goes to
 * ffi.cdef. The library exports hl_error() of hilo.h as well; each library keeps its own text.
 *
 * Rules that hold for every function:
 *  - Functions that return int return 0, or 1 after leaving a text for hl_error(), unless said otherwise. Nothing
 *    aborts, unwinds, prints (but see hl_host_watch_files and hl_host_map) or calls back.
 *  - Strings are NUL-terminated paths in the file system's bytes. They and the arrays are read during the call only.
 *  - Tensors are contiguous, in host memory, allocated and sized by the caller.
 *  - Pixels: x to the right, y down, both from 0. Interleaved means (height, width, channels). */
#ifndef HILO_HOST_H
#define HILO_HOST_H

#include <stdint.h>
#include "hilo.h"

/* ---- image files: PNG, JPEG, WebP, TIFF and BMP, told apart by their first bytes, not by their names ---- */

enum {
   HL_HOST_MAX_PIXELS = 268435456 /* 2^28: larger images are refused before memory is asked for */
};

typedef enum { HL_HOST_PNG, HL_HOST_JPEG, HL_HOST_WEBP, HL_HOST_TIFF, HL_HOST_BMP } hl_host_format;

typedef enum {
   /* 1 channel grey or palette indices, 2 grey and alpha, 3 RGB, 4 RGBA. Grey of 1, 2 or 4 bits is stretched to 0..255,
    * of 9 to 15 bits to 0..65535; palette indices are kept as they are. */
   HL_HOST_STORED,
   /* The numbers that the file holds, never stretched: palette or grey of at most 16 bits, its alpha left out; grey of
    * 8 bits that was saved as RGB too. Colours and lossy files (JPEG, lossy WebP, TIFF with JPEG inside) fail. */
   HL_HOST_LABELS,
   /* 3 channels of 8 bits: grey repeated, palettes looked up, 16 bits rounded to 8, alpha dropped; turned as the file's
    * EXIF orientation asks. */
   HL_HOST_RGB,
   /* As HL_HOST_RGB, but as stored, never turned, and lossy files fail: for label maps whose colours are classes. */
   HL_HOST_COLOURS
} hl_host_want;

typedef struct {
   int32_t format;        /* hl_host_format */
   int32_t width, height; /* pixels, as stored */
   int32_t channels;      /* of HL_HOST_STORED */
   int32_t bits;          /* a sample's bits in the file: 1 to 16; 1, 2, 4, 8 or 16 where it is no TIFF */
   int32_t is_palette;    /* the one channel holds indices into palette */
   int32_t palette_size;  /* number of colours */
   uint8_t palette[768];  /* RGB, RGB, ... */
   /* EXIF's: 1 as stored, 2 mirrored, 3 turned by half, 4 upside down, 5 to 8 with rows and columns exchanged. Where a
    * file says nothing or nonsense: 1. */
   int32_t orientation;
   int32_t turned_width, turned_height; /* of HL_HOST_RGB */
} hl_host_image;

/* Reads the header alone. The orientation is that of EXIF in JPEG, PNG (before the pixels) and WebP, or TIFF's own. */
int hl_host_image_info(const char *path, hl_host_image *info);
/* y = the pixels, (H,W,C), or (H,W) where C is 1; HL_U8, but HL_I32 for HL_HOST_STORED and HL_HOST_LABELS of a file
 * with more than 8 bits. H and W are the turned ones for HL_HOST_RGB, those as stored for the others. want is an
 * hl_host_want. CMYK becomes RGB. Of a TIFF with several pages the first is read; animated WebP fails. A file that is
 * cut short or damaged fails. */
int hl_host_image_read(const char *path, hl_tensor *y, int want);
/* Writes x, (H,W) or (H,W,C) with C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; HL_U8 gives 8 bits, HL_I32 (values
 * 0..65535) 16 bits. With palette, palette_size colours of 3 bytes, x is (H,W) HL_U8 and holds indices into it.
 * The file appears whole or not at all, as with hl_host_file_commit; so does a JPEG. */
int hl_host_png_write(const char *path, const hl_tensor *x, const uint8_t *palette, int palette_size);
/* x HL_U8, (H,W), (H,W,1) or (H,W,3); quality 1..100. */
int hl_host_jpeg_write(const char *path, const hl_tensor *x, int quality);

/* ---- loader: worker threads that decode and transform images straight into a batch ---- */

/* One image, perhaps with its label map, and what becomes of it. The steps, in this order:
 *  1. decode, the image turned as its EXIF orientation asks, the label map as stored; both must have one size then
 *  2. resize from (h,w) to (round(resize_h * scale), round(resize_w * scale)), see hl_host_scaled_size; the image by a
 *     triangle filter with half-pixel centres, widened when shrinking (bilinear when enlarging; as Pillow's BILINEAR
 * and PyTorch's bilinear with antialias), the labels by the nearest centre
 *  3. cut out the crop, which may lie partly or wholly outside
 *  4. mirror left and right
 *  5. colour jitter on values in [0,1], as torchvision's ColorJitter, in the order given
 *  6. Gaussian blur
 *  7. normalise: (value - mean) / std
 * Outside of the image the batch holds 0 after step 7 (the mean colour), void labels and mask 0; steps 5 and 6 see the
 * part of the crop that lies inside alone. */
typedef struct {
   const char *image;          /* of any format */
   const char *label;          /* palette or grey of at most 16 bits, or colours, see below; NULL for none */
   int32_t resize_h, resize_w; /* 0, 0: the file's own size */
   double scale;               /* of both sides */
   int32_t crop_y, crop_x;     /* top left corner in the resized image; may be negative */
   int32_t crop_h, crop_w;     /* size of the result */
   int32_t flip;
   double brightness, contrast, saturation; /* factors >= 0; 1 leaves the image alone */
   double hue;                              /* turn of the colour circle, -0.5..0.5; 0 leaves it alone */
   int32_t jitter_order[4];                 /* a permutation of 0 brightness, 1 contrast, 2 saturation, 3 hue */
   double blur;           /* sigma in pixels, at most 100, 0 for none; radius ceil(3 sigma), reflected at the edges */
   float mean[3], std[3]; /* of RGB in [0,1] */
   const int16_t *remap;  /* the file's id -> class or void, -1 for ids that fail; NULL leaves ids alone */
   int32_t remap_size;    /* entries of remap, at most 65536; 0 stands for 256. Ids beyond fail */
   /* Label maps coded by colours: pixels of colour colours[3*i..3*i+2], RGB, have the id colour_ids[i], which remap
    * then maps as if the file held it. Any lossless file is taken, its alpha is ignored. NULL: files hold ids. */
   const uint8_t *colours, *colour_ids;
   int32_t colour_count; /* 1..4096 */
   int32_t other_colour; /* the id of colours outside of the table; -1: they fail */
   int32_t classes;      /* ids 0..classes-1 (after remap) and void_label are allowed */
   int32_t void_label;   /* 0..255 */
   float *image_out;     /* (3, crop_h, crop_w). NULL beside a label_out: the image is not decoded, its size is read. */
   uint8_t *label_out;   /* (crop_h, crop_w); void everywhere if label is NULL. May be NULL if label is. */
   uint8_t *mask_out;    /* (crop_h, crop_w), 1 inside the image, 0 outside; NULL if not wanted */
} hl_host_sample;

typedef struct hl_host_loader hl_host_loader;

/* A side of the resized image: floor(size * scale + 0.5), at least 1. */
int hl_host_scaled_size(int size, double scale);
/* workers 0..256; with 0 the work is done by the caller inside submit. Decoded images of up to cache_bytes in all are
 * kept for as long as their files do not change (path, size and time of change); 0 keeps none. Neither number changes
 * any result. */
int hl_host_loader_new(hl_host_loader **loader, int workers, int64_t cache_bytes);
/* Starts n samples and gives the ticket to wait for. Samples, strings and tables are copied; the outputs must stay
 * allocated until wait or cancel has returned. Any number of batches may be under way; they are served in order. */
int hl_host_loader_submit(hl_host_loader *loader, const hl_host_sample *samples, int n, int64_t *ticket);
/* Waits for the whole batch and ends the ticket. Fails with the text of the first sample, in the batch's order, that
 * failed. Fails with "interrupted" after Ctrl-C: then the ticket lives on, to be waited for again or cancelled. */
int hl_host_loader_wait(hl_host_loader *loader, int64_t ticket);
/* Whether the batch has ended within that many seconds, whatever is typed; the ticket lives on. */
int hl_host_loader_ended(hl_host_loader *loader, int64_t ticket, double seconds);
/* A file that the batch waits for, until the thread's next call; "" for none. */
const char *hl_host_loader_file(hl_host_loader *loader, int64_t ticket);
/* Ends the ticket: samples not yet begun are dropped, those begun are waited for, the outputs are left half filled.
 * Samples whose files are still read after two seconds are given up: their threads will not touch the outputs. */
int hl_host_loader_cancel(hl_host_loader *loader, int64_t ticket);
/* Cancels all and ends the threads, but those that still wait for a file. NULL is ignored. */
void hl_host_loader_free(hl_host_loader *loader);

/* ---- a survey: every file of a set read by threads, for what it says of itself ---- */

enum {
   HL_HOST_SURVEY_VALUES = 512, /* the most that are told apart in one label map */
   HL_HOST_SURVEY_SIDE = 32
};

/* A picture; a label map whose ids are counted, or its colours where it has no ids; one whose colours are counted,
 * palettes looked up. */
typedef enum { HL_HOST_SURVEY_PICTURE, HL_HOST_SURVEY_IDS, HL_HOST_SURVEY_COLOURS } hl_host_survey_kind;

typedef struct {
   const char *path;
   int32_t kind;       /* hl_host_survey_kind */
   int32_t failed;     /* 1: error tells why, and what follows the header is not there */
   int32_t has_header; /* info is there */
   int32_t coloured;   /* value holds colours, 0xRRGGBB, not ids of 8 or 16 bits */
   hl_host_image info;
   int32_t values;                        /* of a label map: how many different ones, and */
   int32_t value[HL_HOST_SURVEY_VALUES];  /* which, */
   int64_t pixels[HL_HOST_SURVEY_VALUES]; /* each on how many pixels; */
   int64_t others;                        /* pixels of values beyond those */
   double sum[3], square[3];              /* of a picture's red, green and blue, 0..255 */
   uint64_t hash;                         /* dHash of its grey: alike pictures differ in few bits */
   uint8_t small[1024];                   /* its grey as 32 x 32 means */
   char error[400];
} hl_host_survey;

/* Reads n files whole. A file that cannot be read does not fail the call. */
int hl_host_survey_files(hl_host_survey *files, int n, int threads);

/* ---- Ctrl-C ---- */

/* From now on SIGINT sets the flag. A second Ctrl-C more than two seconds after the first, with the flag still set,
 * kills the process as if nothing were installed. Installing again is harmless: LuaJIT's own prompt resets the signal.
 */
int hl_host_interrupt_install(void);
/* From now on SIGTERM and SIGUSR1 set the flag too. A second SIGTERM acts as a second Ctrl-C does, SIGUSR1 never kills.
 */
int hl_host_stop_install(void);
/* The number of the signal that set the flag last; 0 where none has. */
int hl_host_interrupt_signal(void);
/* Puts back the handler of SIGINT that install found. */
int hl_host_interrupt_remove(void);
/* The flag, for hl_init; valid for the life of the process. This library polls it too. */
const volatile int32_t *hl_host_interrupt_flag(void);
/* 1 if the flag is set. Poll with this: a read through the pointer is hoisted out of compiled loops. */
int hl_host_interrupted(void);
void hl_host_interrupt_clear(void);

/* Functions of Lua's interface, and where its table of functions in C lies that Ctrl-C ends where they are. */
typedef struct {
   void *state; /* the lua_State that the prompt itself runs in: it calls, and is never stopped */
   void *lua_sethook, *luaL_error, *lua_cpcall, *lua_getfield, *lua_rawgeti, *lua_tocfunction, *lua_settop,
       *lua_getstack, *lua_getinfo;
   const char *leavable; /* its key in the registry */
} hl_host_lua;

/* At a prompt Ctrl-C also stops Lua, interpreted or compiled, reads and writes that wait, and the functions in the
 * table: Lua's own, in C, which call no hook, call themselves, raise errors themselves and hold nothing then. A closed
 * pipe makes a write fail. */
int hl_host_interrupt_prompt(const hl_host_lua *lua);

enum {
   HL_HOST_CODE_SPOILT = 1, /* compiled code is of no use any more: drop it by jit.flush() */
   HL_HOST_UNANSWERED = 2   /* Ctrl-C came, and the work ended without an error */
};
/* What is stopped, any lua_State of work that begins now; NULL: nothing, as while a line is read. The first Ctrl-C
 * raises "interrupted" at the next instruction of Lua, unless it is held; a second within a second of it also what is
 * held, and again until this is called; a third kills the process. Returns what became of the work before, as bits. */
int hl_host_interrupt_work(void *state);
/* 1: from now on a Ctrl-C sets the flag alone, 0: it stops Lua again. */
void hl_host_interrupt_hold(int on);
/* LuaJIT has compiled trace `number`: bytes of machine code, loop the offset of its loop or 0. Returns how many guards
 * the loop has; one without any would never be stopped. Number 0: all are gone, and the stubs of their exits. */
int hl_host_interrupt_trace(int number, const void *code, int64_t bytes, int64_t loop);
/* The first of the stubs 32 * group to 32 * group + 31, which the guards of all traces jump to. */
void hl_host_interrupt_stubs(int group, const void *first);

enum { HL_HOST_CALL_ARGUMENTS = 20 };

typedef struct {
   void *function; /* of another library; takes at most 20 addresses and whole numbers of their size */
   void *arguments[HL_HOST_CALL_ARGUMENTS];
   int64_t bytes[HL_HOST_CALL_ARGUMENTS]; /* that an argument points to, where the function writes there, or 0 */
   void *set_threads; /* int f(int n), called first: OpenMP's number of threads is a thread's own; or NULL */
   int32_t threads;
} hl_host_call;

/* Calls a function that looks at no flag, in a process of its own where Ctrl-C sets the flag: then it fails with
 * "interrupted", and nothing is written. In this process where the system has no room for another. */
int hl_host_call_apart(const hl_host_call *call);

/* ---- files ---- */

typedef struct hl_host_file hl_host_file;

/* A new file that takes the place of path when committed. It is written under a temporary name in the same folder;
 * until commit succeeds the old file stays as it is. A symbolic link is followed, the old file's permissions are kept.
 */
int hl_host_file_create(hl_host_file **file, const char *path);
/* Appends. After a failure the temporary file is gone and only abort is left to call. */
int hl_host_file_write(hl_host_file *file, const void *data, int64_t bytes);
/* Syncs, renames, syncs the folder. Frees the handle, also on failure. */
int hl_host_file_commit(hl_host_file *file);
/* Removes the temporary file and frees the handle. NULL is ignored. */
void hl_host_file_abort(hl_host_file *file);
/* Bytes of a regular file. */
int hl_host_file_size(const char *path, int64_t *bytes);
/* Exactly bytes from offset; a shorter file fails. */
int hl_host_file_read(const char *path, void *data, int64_t offset, int64_t bytes);
/* A regular file to read in parts: *fd stays what is open here, also where another file takes its name meanwhile. */
int hl_host_file_open(const char *path, int *fd, int64_t *bytes);
/* As hl_host_file_read; path is for messages. */
int hl_host_file_read_open(int fd, const char *path, void *data, int64_t offset, int64_t bytes);
void hl_host_file_close(int fd);
/* Maps the first bytes of a file that may be read and written, and keeps it open: *address is shared with all who map
 * it, until hl_host_unmap. Where the file becomes shorter, or its disk has no room for a hole that is written into, the
 * page that is touched belongs to this process alone from then on, what is missing of it being 0, and stderr is told
 * once; system calls that are given such a page before fail with EFAULT. */
int hl_host_map(const char *path, int64_t bytes, void **address);
/* NULL is ignored. */
void hl_host_unmap(void *address);
/* From now on files that any function here waits for longer than that many seconds are told on stderr, and again after
 * twice the time; 0: no more. */
int hl_host_watch_files(double seconds);
/* Takes a lock on the file at path, which is made where it is missing; *fd is what hl_host_unlock wants, or -1 where
 * another open of the file has the lock. The end of the process, however it comes, gives it back. */
int hl_host_lock(const char *path, int *fd);
void hl_host_unlock(int fd);
/* *held: 1 where an open of the file has the lock, 0 where none has or there is no such file. */
int hl_host_lock_held(const char *path, int *held);
/* 1 where the file at path is the one that fd locks; 0 where it was removed or another has its name. */
int hl_host_lock_kept(const char *path, int fd);
/* 0 nothing there, 1 a regular file, 2 a folder, 3 something else. */
int hl_host_path_kind(const char *path);
/* The folder and those above it, where missing. */
int hl_host_make_folder(const char *path);
/* Names in a folder without "." and "..", sorted by their bytes, each followed by a NUL, bytes in all.
 * To be given back to hl_host_release. */
int hl_host_list_folder(const char *path, char **names, int64_t *bytes);
void hl_host_release(char *names);

/* CRC-32 as in zip and PNG; start with crc 0. */
uint32_t hl_host_crc32(uint32_t crc, const void *data, int64_t bytes);
/* Raw deflate data (as in zip members) that must unpack to exactly dst_bytes. */
int hl_host_inflate(void *dst, int64_t dst_bytes, const void *src, int64_t src_bytes);

/* ---- this machine ---- */

/* Which libhilo_cpu runs here: 0 baseline, 2 avx2 (x86-64-v3), 3 avx512 (x86-64-v4), 4 avx512bf16 (with
 * products of bfloat16). */
int hl_host_cpu_level(void);
/* Fails where OpenBLAS, which libhilo_cpu loads, would not get the memory that it works in. */
int hl_host_blas_room(void);
/* Seconds of a clock that never goes back. */
double hl_host_time(void);
/* Columns of the terminal behind a file descriptor (1 stdout, 2 stderr); 0 if it is none; 80 if it does not say. */
int hl_host_terminal_width(int fd);

#endif
