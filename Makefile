# hilo: see README.md. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := all

B := build
CC := gcc
SANITIZE :=
OPTIMISE := -O3

WARN := -Wall -Wextra -Werror -Wno-unknown-pragmas
# Beside each object lies the list of headers that it was made from.
DEPEND := -MMD -MP
CFLAGS := -std=gnu11 $(DEPEND) $(OPTIMISE) -g -fPIC -fvisibility=hidden -fno-math-errno -fno-trapping-math $(WARN) $(SANITIZE)
LDFLAGS := -shared -Wl,-Bsymbolic -Wl,-z,defs -Wl,-z,nodelete $(SANITIZE)
BLAS_DIR := $(firstword $(wildcard /usr/lib/*/openblas-openmp) /usr/lib)
BLAS_INC := $(firstword $(wildcard /usr/include/*/openblas-openmp) /usr/include)

# One library for each instruction set; lua/hilo/core.lua loads the best that runs here.
VARIANTS := cpu
ifeq ($(shell uname -m),x86_64)
VARIANTS += cpu_avx2 cpu_avx512 cpu_avx512bf16
endif
ARCH_cpu_avx2 := -march=x86-64-v3
ARCH_cpu_avx512 := -march=x86-64-v4 -mprefer-vector-width=512
ARCH_cpu_avx512bf16 := $(ARCH_cpu_avx512) -mavx512bf16

CPU_SRC := $(wildcard core/*.c core/cpu/*.c)
HOST_SRC := core/check.c $(wildcard core/host/*.c)
LIBS := $(VARIANTS:%=$(B)/libhilo_%.so) $(B)/libhilo_host.so

export LUA_PATH := $(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$(CURDIR)/?.lua;$(or $(LUA_PATH),;)
export HILO_LIB = $(CURDIR)/$(B)

all: $(LIBS) ## build the libraries

# Builds on all processors, but where make was told how many jobs to run.
BUILD = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

define cpu_rules
$(B)/$(1)/%.o: core/%.c Makefile
	@mkdir -p $$(@D)
	$(CC) $(CFLAGS) -fopenmp $(ARCH_$(1)) -I$(BLAS_INC) -c $$< -o $$@
$(B)/libhilo_$(1).so: $(CPU_SRC:core/%.c=$(B)/$(1)/%.o)
	$(CC) $(LDFLAGS) -fopenmp $$^ -o $$@ -L$(BLAS_DIR) -Wl,-rpath,$(BLAS_DIR) -lopenblas -lm
endef
$(foreach v,$(VARIANTS),$(eval $(call cpu_rules,$(v))))

$(B)/host/%.o: core/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -pthread -c $< -o $@
$(B)/libhilo_host.so: $(HOST_SRC:core/%.c=$(B)/host/%.o)
	$(CC) $(LDFLAGS) -pthread $^ -o $@ -lpng -ljpeg -lwebp -ltiff -lz -lm

# ---- the kernels of core/cuda: by nvcc for the GPU, by g++ for the host ----

CXX := g++
CUDA_SRC := $(wildcard core/cuda/*.cu)
# The host has no cuBLAS, no cuDNN and no CUDA graphs: core/emu stands in for the files that call them.
EMU_SRC := $(filter-out core/cuda/gemm.cu core/cuda/graph.cu,$(CUDA_SRC)) $(wildcard core/emu/*.cpp)
SHARED_SRC := $(wildcard core/*.c)
EMU_OPTIMISE := -O1
EMU_FLAGS := -std=c++17 $(DEPEND) $(EMU_OPTIMISE) -g -fPIC -fvisibility=hidden -fno-math-errno $(WARN) -DHILO_EMU
EMU_SANITIZE := $(SANITIZE)

emu: $(B)/libhilo_emu.so ## build the emulation of the CUDA kernels, for tests

$(B)/emu/%.cu.o: core/%.cu Makefile
	@mkdir -p $(@D)
	$(CXX) $(EMU_FLAGS) $(EMU_SANITIZE) -x c++ -c $< -o $@
# The scheduler itself is not what a sanitizer looks at.
$(B)/emu/emu/emu.o: core/emu/emu.cpp Makefile
	@mkdir -p $(@D)
	$(CXX) $(EMU_FLAGS) -O2 $(filter-out -fsanitize=thread,$(EMU_SANITIZE)) $(if $(filter -fsanitize=thread,$(EMU_SANITIZE)),-DHILO_EMU_TSAN) -c $< -o $@
$(B)/emu/%.o: core/%.cpp Makefile
	@mkdir -p $(@D)
	$(CXX) $(EMU_FLAGS) $(EMU_SANITIZE) -c $< -o $@
$(B)/emu/%.o: core/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@
$(B)/libhilo_emu.so: $(patsubst core/%.cpp,$(B)/emu/%.o,$(patsubst core/%.cu,$(B)/emu/%.cu.o,$(EMU_SRC))) $(SHARED_SRC:core/%.c=$(B)/emu/%.o)
	$(CXX) $(filter-out $(SANITIZE),$(LDFLAGS)) $(EMU_SANITIZE) $^ -o $@ -ldl -lm

# Kernels with mistakes in them, for spec/emu_spec.lua.
$(B)/emu/planted.o: spec/emu/planted.cu Makefile
	@mkdir -p $(@D)
	$(CXX) $(EMU_FLAGS) $(EMU_SANITIZE) -x c++ -c $< -o $@
$(B)/planted: $(addprefix $(B)/emu/,planted.o cuda/memory.cu.o cuda/faults.cu.o emu/emu.o emu/graph.o) $(SHARED_SRC:core/%.c=$(B)/emu/%.o)
	$(CXX) $(EMU_SANITIZE) $^ -o $@

NVCC := $(firstword $(shell command -v nvcc 2>/dev/null) $(wildcard /usr/local/cuda/bin/nvcc))
CUDA_HOME := $(patsubst %/bin/nvcc,%,$(NVCC))
# One architecture for a quick try: make cuda CUDA_ARCHS=90
CUDA_ARCHS := 75 80 86 89 90
CUDA_CODE = $(foreach a,$(CUDA_ARCHS),-gencode arch=compute_$(a),code=sm_$(a)) \
   -gencode arch=compute_$(lastword $(CUDA_ARCHS)),code=compute_$(lastword $(CUDA_ARCHS))
# 186: comparisons of unsigned numbers with 0, in code that serves the signed ones too.
CUDA_FLAGS = -std=c++17 $(DEPEND) -O3 -lineinfo -Werror all-warnings -diag-suppress 186 --expt-relaxed-constexpr $(CUDA_CODE) \
   -Xcompiler -fPIC,-fvisibility=hidden,-Wall,-Wextra $(CUDA_ROOTS:%=-isystem %/include)
# Folders with include/ and lib/ of cuBLAS and cuDNN, where the compiler does not find them by itself; PyTorch brings some.
CUDA_ROOTS :=
cuda_library = $(or $(addprefix -Xlinker ,$(firstword $(wildcard $(CUDA_ROOTS:%=%/lib/lib$(1).so*)))),-l$(1))

cuda: ## build the CUDA library; needs nvcc, cuBLAS and cuDNN 9
	@$(if $(NVCC),,echo "make cuda: there is no nvcc in the PATH or /usr/local/cuda; install the CUDA toolkit (12 or 13) with cuDNN 9" >&2; exit 1)
	@+$(BUILD) $(B)/libhilo_cuda.so

# What ptxas says of each kernel lies beside the object.
$(B)/cuda/%.cu.o: core/%.cu Makefile
	@mkdir -p $(@D)
	$(NVCC) $(CUDA_FLAGS) -Xptxas -v -c $< -o $@ 2>$(@:.o=.ptxas); \
	   status=$$?; sed -E '/^ptxas info|bytes stack frame/d' $(@:.o=.ptxas) >&2; exit $$status
$(B)/libhilo_cuda.so: $(CUDA_SRC:core/%.cu=$(B)/cuda/%.cu.o) $(SHARED_SRC:core/%.c=$(B)/emu/%.o)
	$(NVCC) -shared $(CUDA_CODE) $^ -o $@ $(call cuda_library,cublas) $(call cuda_library,cudnn) \
	   -Xlinker -Bsymbolic,-z,defs,-z,nodelete,-rpath,$(CUDA_HOME)/lib64 $(CUDA_ROOTS:%=-Xlinker -rpath,%/lib)

cuda-registers: ## registers, spills and shared memory of the kernels that `make cuda` compiled; JSON=file
	@$(LUA) spec/gpu/registers.lua $(B)/cuda/cuda $(if $(JSON),JSON=$(JSON))

# ---- what a fresh machine lacks ----

PACKAGES := gcc libc6-dev pkg-config luajit lua-busted lua-check lua-cjson lua-posix \
   libopenblas-openmp-dev libpng-dev libjpeg-dev libwebp-dev libtiff-dev zlib1g-dev libsqlite3-0 libreadline8 gnuplot-nox
PEER_PACKAGES := python3-venv chromium slurm-wlm munge tmux luarocks zsh
LINT_PACKAGES := clang-format cppcheck

missing = $(shell for p in $(1); do dpkg-query -W -f='$${Status}\n' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done)

deps: ## install the Debian packages that are missing
	@$(call install,$(call missing,$(PACKAGES)))

# Python packages go to an environment of their own.
peers: ## install other people's programs that `make test` tries on what hilo writes: Optuna, TensorBoard, onnxruntime, torchfile, Slurm, Chromium
	@$(call install,$(call missing,$(PEER_PACKAGES)))
	@[ -x $(B)/peers/bin/python ] || python3 -m venv $(B)/peers
	@$(B)/peers/bin/pip install --quiet --disable-pip-version-check -r spec/peers/requirements.txt

install_as := $(if $(filter 0,$(shell id -u)),,sudo )
install = $(if $(strip $(1)),echo "installing $(strip $(1))"; $(install_as)apt-get update -qq && \
   $(install_as)env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(1) >/dev/null,true)

# ---- using and checking ----

LUA := luajit
BUSTED := $(LUA) $(or $(shell command -v busted),/usr/bin/busted) --output=spec/report.lua

demo: deps ## install, build, make the built-in data, train and compare the methods (under five minutes of training)
	@+$(BUILD) all
	$(LUA) experiments/demo.lua

scenes: deps ## install, build and draw the built-in data set in data/scenes
	@+$(BUILD) all
	@[ -d data/scenes/JPEGImages ] || $(LUA) data/scenes.lua out=data/scenes

demo-sweep: scenes ## sweep two learning rates of the supervised network on the built-in set: 6 configurations, 2 seeds, a report
	lua/bin/hilo sweep experiments/supervised.lua name=demo-sweep lr=2e-2,5e-2,1e-1 head_lr=2e-3,5e-3 seed=1..2 steps=100 \
	   eval_every=50 log_every=5 jobs=2

# Threads that wait asleep: a spec on a busy machine takes a fifth of the time.
test asan: export OMP_WAIT_POLICY = passive

test: deps ## install, build and run all specs
	@+$(BUILD) all emu
	$(BUSTED) $(or $(SPEC),spec)

# make bench WORK='conv2d' JSON=new.json BASE=old.json PEER=none PYTHON=/path/to/python
# make bench WORK=scaling [CAMVID=folder]: cost by batch, image size and threads; the loader alone
# make bench WORK=roofline: peaks of this machine, and how far each kernel is from them
bench: deps ## time the ops and the training steps, next to PyTorch where python3 can import it
	@+$(BUILD) all
	OMP_NUM_THREADS=$(or $(THREADS),2) $(LUA) spec/bench/$(if $(filter scaling roofline,$(WORK)),$(WORK).lua,bench.lua $(if $(WORK),'$(WORK)')) \
	   $(foreach v,JSON BASE PEER ROUNDS CAMVID CONFIGS,$(if $($(v)),$(v)=$($(v))))

# `luajit spec/gpu/check.lua help` lists the settings and what each part costs.
gpu-check: ## on a machine with an NVIDIA card: build, test, time and train there, and report; PARTS='build specs ...'
	@$(LUA) spec/gpu/check.lua $(foreach v,PARTS REPORT ARCHS JOBS CAMVID WEIGHTS WORK SECONDS PYTHON,$(if $($(v)),$(v)='$($(v))')) \
	   BUILD=$(B) DEVICE=$(or $(HILO_GPU_DEVICE),cuda)

# What cppcheck takes for errors here and gcc, which sees through the conditions, does not.
CPPCHECK_FALSE_ALARMS := invalidPointerCast incorrectLogicOperator uninitvar legacyUninitvar nullPointer nullPointerArithmetic
lint: deps ## format of the C files, warnings of cppcheck and luacheck
	@$(call install,$(call missing,$(LINT_PACKAGES)))
	clang-format --dry-run -Werror $(wildcard core/*.[ch] core/*/*.[ch] core/cuda/*.cu core/cuda/*.cuh core/emu/*.cpp spec/emu/*.cu)
	cppcheck -j$(shell nproc) --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
	   --suppress=missingIncludeSystem $(CPPCHECK_FALSE_ALARMS:%=--suppress=%) -Icore core
	luacheck -q lua experiments spec data

# The baseline and what the processor takes: nothing would run the others.
ASAN_VARIANTS = $$($(LUA) -e "io.write('cpu ', (require('hilo.core').cpu_library():match('cpu_.*') or ''))")
ASAN_BUILD = B=build/asan VARIANTS="$(ASAN_VARIANTS)" OPTIMISE=-O1 SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
ASAN_LIBRARIES = $$($(CC) -print-file-name=libasan.so) $$($(CC) -print-file-name=libubsan.so)
asan: deps ## the specs under AddressSanitizer and UndefinedBehaviorSanitizer
	@+$(BUILD) $(B)/libhilo_host.so
	@+$(BUILD) all emu $(ASAN_BUILD)
	LD_PRELOAD="$(ASAN_LIBRARIES)" \
	   ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:handle_segv=0 HILO_LIB=$(CURDIR)/build/asan HILO_SANITIZED=1 \
	   $(BUSTED) $(or $(SPEC),spec)

# Each thread of an emulated block is a thread to the sanitizer; OpenMP's, which it does not know, stay out of it.
tsan: deps ## races in the CUDA kernels: the specs of devices under ThreadSanitizer, on the emulation
	@+$(BUILD) all emu B=build/tsan VARIANTS=cpu OPTIMISE=-O1 EMU_SANITIZE=-fsanitize=thread
	$$(setarch -R true 2>/dev/null && echo setarch -R) env LD_PRELOAD="$$($(CC) -print-file-name=libtsan.so)" \
	   TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1 OMP_NUM_THREADS=1 HILO_CPU=baseline HILO_LIB=$(CURDIR)/build/tsan \
	   $(BUSTED) $(or $(SPEC),spec/device_spec.lua)

fuzz_settings = seconds=$(or $(SECONDS),60) $(foreach v,SEED COUNT KINDS INNER,$(if $($(v)),$(shell echo $(v) | tr A-Z a-z)=$($(v))))
fuzz: deps ## random calls and damaged files, SECONDS=60 of each kind, in processes with limits; SEED=n COUNT=n KINDS=calls,files INNER=false
	@+$(BUILD) all
	$(LUA) spec/fuzz/fuzz.lua $(fuzz_settings)

fuzz-asan: deps ## the same under AddressSanitizer and UndefinedBehaviorSanitizer
	@+$(BUILD) $(B)/libhilo_host.so
	@+$(BUILD) all $(ASAN_BUILD)
	LD_PRELOAD="$(ASAN_LIBRARIES)" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=1500 \
	   HILO_LIB=$(CURDIR)/build/asan HILO_SANITIZED=1 $(LUA) spec/fuzz/fuzz.lua $(fuzz_settings)

torch7-tests: deps ## the suites of torch7 and torch/nn, fetched by who runs them, through hilo.torch: TORCH7=<folder> TORCH_NN=<folder>
	@+$(BUILD) all
	$(LUA) spec/torch7/run.lua $(foreach v,TORCH7 TORCH_NN,$(if $($(v)),$(v)='$($(v))'))

docs: all ## the manual as HTML pages, in build/docs, and what editors read, in build/annotations
	@$(LUA) lua/bin/hilo help site $(B)/docs
	@$(LUA) lua/bin/hilo help annotations $(B)/annotations/hilo.lua

# `hilo` runs from BINDIR; TREE holds all that it needs. LuaRocks sets these its own way: rocks/hilo-scm-1.rockspec.
PREFIX := /usr/local
TREE := $(PREFIX)/lib/hilo
BINDIR := $(PREFIX)/bin
BASH_COMPLETIONS := $(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS := $(PREFIX)/share/zsh/site-functions
PLACES := DESTDIR TREE BINDIR BELOW BASH_COMPLETIONS ZSH_COMPLETIONS

install: all ## copy hilo below PREFIX, with completion for bash and zsh; DESTDIR goes before it
	@env $(foreach v,$(PLACES),$(v)='$($(v))') sh rocks/install.sh install $(LIBS) $(wildcard $(B)/libhilo_cuda.so)

uninstall: ## remove what `make install` with the same PREFIX and DESTDIR put there
	@env $(foreach v,$(PLACES),$(v)='$($(v))') sh rocks/install.sh uninstall

clean: ## remove what was built
	rm -rf build

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

-include $(wildcard $(B)/*/*.d $(B)/*/*/*.d)

.SECONDARY:
.PHONY: all emu cuda cuda-registers deps peers scenes demo demo-sweep test bench gpu-check lint asan tsan fuzz fuzz-asan torch7-tests docs install uninstall clean help
