-- Describes an installed hilo to LuaRocks. The C libraries need make, a C compiler, OpenBLAS, libpng, libjpeg, libwebp and libtiff
-- 4.5 or newer; on Debian and Ubuntu `make deps` brings them, with lua-cjson and lua-posix. From a checkout:
--
--    luarocks make rocks/hilo-scm-1.rockspec                      brings lua-cjson and luaposix as rocks
--    luarocks make --deps-mode=none rocks/hilo-scm-1.rockspec     takes Debian's
rockspec_format = '1.1'
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
   -- LuaRocks moves what lies in the rock's lib/ and lua/, and copies bin/; the folder hilo/ stays as it is.
   install_variables = {
      PREFIX = '$(PREFIX)', TREE = '$(PREFIX)/hilo', BINDIR = '$(BINDIR)', BELOW = 'lib/luarocks/rocks-5.1/hilo/scm-1/hilo',
      BASH_COMPLETIONS = '', ZSH_COMPLETIONS = '',
   },
}
-- The command finds LuaJIT by itself; LuaRocks' wrapper would start lua5.1.
deploy = {wrap_bin_scripts = false}
