# hilo: see README.md. `make help` lists the targets.
SHELL := /bin/bash
CC ?= gcc
B := build
OPENBLAS := $(shell pkg-config --variable=includedir openblas 2>/dev/null)

WARN := -Wall -Wextra -Werror -Wno-unknown-pragmas
CFLAGS := -std=gnu11 -O3 -g -fPIC -fvisibility=hidden -fno-math-errno -fno-trapping-math $(WARN) $(EXTRA)
LDFLAGS := -shared -Wl,-Bsymbolic -Wl,-z,defs -Wl,-z,nodelete $(EXTRA)
BLAS_DIR := $(firstword $(wildcard /usr/lib/*/openblas-openmp) /usr/lib)
BLAS_INC := $(firstword $(wildcard /usr/include/*/openblas-openmp) /usr/include)

# One library for each instruction set; lua/hilo/core.lua loads the best that runs here.
CPU_LIBS := $(B)/libhilo_cpu.so
ifeq ($(shell uname -m),x86_64)
CPU_LIBS += $(B)/libhilo_cpu_avx2.so $(B)/libhilo_cpu_avx512.so
endif
ARCH_cpu :=
ARCH_cpu_avx2 := -march=x86-64-v3
ARCH_cpu_avx512 := -march=x86-64-v4 -mprefer-vector-width=512

CPU_SRC := $(wildcard core/*.c core/cpu/*.c)
HOST_SRC := core/check.c $(wildcard core/host/*.c)
HEADERS := $(wildcard core/*.h core/cpu/*.h core/host/*.h)

all: $(CPU_LIBS) $(B)/libhilo_host.so ## build the libraries

define cpu_rules
$(B)/$(1)/%.o: core/%.c $(HEADERS)
	@mkdir -p $$(@D)
	$(CC) $(CFLAGS) -fopenmp $(ARCH_$(1)) -I$(BLAS_INC) -c $$< -o $$@
$(B)/lib$(2)$(1).so: $(CPU_SRC:core/%.c=$(B)/$(1)/%.o)
	$(CC) $(LDFLAGS) -fopenmp $$^ -o $$@ -L$(BLAS_DIR) -Wl,-rpath,$(BLAS_DIR) -lopenblas -lm
endef
$(foreach v,cpu cpu_avx2 cpu_avx512,$(eval $(call cpu_rules,$(v),hilo_)))

$(B)/host/%.o: core/%.c $(HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -pthread -c $< -o $@
$(B)/libhilo_host.so: $(HOST_SRC:core/%.c=$(B)/host/%.o)
	$(CC) $(LDFLAGS) -pthread $^ -o $@ -lpng -ljpeg -lz -lm

.SECONDARY:
.PHONY: all
