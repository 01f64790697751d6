-- Describes an installed hilo to LuaRocks. The C libraries need make, a C compiler, OpenBLAS, libpng, libjpeg, libwebp and libtiff
-- 4.5 or newer; on Debian and Ubuntu `make deps` brings them. Build from a checkout: luarocks make rocks/hilo-scm-1.rockspec
package = 'hilo'
version = 'scm-1'
source = {url = 'git+file://.'}
description = {
   summary = 'Semi-supervised semantic segmentation with high- and low-level consistency',
   detailed = 'A Torch7-style framework in C, CUDA and LuaJIT: tensors, autograd, networks, s4GAN, MLMT and their fusion.',
   license = 'MIT',
}
supported_platforms = {'linux'}
dependencies = {'lua == 5.1', 'lua-cjson', 'luaposix'}
build = {
   type = 'make',
   build_target = 'all',
   install_target = 'install',
   install_variables = {PREFIX = '$(PREFIX)'},
}
