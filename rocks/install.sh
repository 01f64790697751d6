#!/bin/sh
# install.sh: what `make install` and `make uninstall` do. Hilo's own folder, $TREE, has the shape of a checkout; $TREE/installed lists
# what was made, in order: files, and folders that were not there before, with '/' behind them. Uninstalling removes these, and of the
# folders those that have become empty.
#
#    rocks/install.sh install LIBRARY ...    rocks/install.sh uninstall
#
# DESTDIR goes before all paths but is written to none of them; BINDIR gets the command; BASH_COMPLETIONS and ZSH_COMPLETIONS may be
# empty. The command is a link, or, where BELOW says at which path below the folder of bin/ the tree will lie, a copy that knows it.
set -eu

[ -n "$TREE" ] && [ -n "$BINDIR" ] || { echo 'install: TREE and BINDIR are missing' >&2; exit 2; }

# A relative path counts from here.
absolute() { case $1 in '' | /*) printf '%s' "$1" ;; *) printf '%s' "$PWD/$1" ;; esac; }
TREE=$(absolute "$TREE") BINDIR=$(absolute "$BINDIR")
BASH_COMPLETIONS=$(absolute "$BASH_COMPLETIONS") ZSH_COMPLETIONS=$(absolute "$ZSH_COMPLETIONS")
list=$DESTDIR$TREE/installed

uninstall() {
   [ -f "$list" ] || return 1
   made=$(tac "$list")
   rm "$list"
   printf '%s\n' "$made" | while IFS= read -r path; do
      case $path in
      */) rmdir "$DESTDIR$path" 2>/dev/null || true ;;
      *) rm -f "$DESTDIR$path" ;;
      esac
   done
}

# A folder and those above it. Those of the tree's own path come before the list, and are written to it as soon as it is there.
early=
folder() {
   [ ! -d "$DESTDIR$1" ] || return 0
   case $1 in ?*/*) folder "${1%/*}" ;; esac
   mkdir -p -m 755 "$DESTDIR$1"
   if [ -f "$list" ]; then echo "$1/" >>"$list"; else early="$early$1/
"; fi
}

# put MODE FILE PATH
put() {
   folder "${3%/*}"
   install -m "$1" "$2" "$DESTDIR$3"
   echo "$3" >>"$list"
}

# The commit, and how many files of the program differ from it; nothing where there is no checkout or no git.
commit() {
   [ -e .git ] && git rev-parse HEAD 2>/dev/null || return 0
   git --no-optional-locks status --porcelain -- lua core experiments data/scenes.lua 2>/dev/null | wc -l
}

sources() {
   find lua experiments -type f \( -name '*.lua' -o -name '*.md' -o -path lua/bin/hilo -o -path 'lua/hilo/completion/*' \)
}

install_all() {
   uninstall || true
   folder "$TREE"
   printf '%s' "$early" >"$list"
   sources | sed 's|/[^/]*$||' | sort -u | while IFS= read -r path; do folder "$TREE/$path"; done
   sources | xargs cp --parents --no-preserve=mode,ownership -t "$DESTDIR$TREE"
   sources | (cd "$DESTDIR$TREE" && xargs chmod 644)
   sources | while IFS= read -r path; do echo "$TREE/$path"; done >>"$list"
   chmod 755 "$DESTDIR$TREE/lua/bin/hilo"
   for path in data/scenes.lua data/README.md core/hilo.h core/host.h LICENSE; do put 644 "$path" "$TREE/$path"; done
   for path in "$@"; do put 755 "$path" "$TREE/build/${path##*/}"; done
   commit >"$DESTDIR$TREE/commit"
   echo "$TREE/commit" >>"$list"
   if [ -n "$BASH_COMPLETIONS" ]; then put 644 lua/hilo/completion/hilo.bash "$BASH_COMPLETIONS/hilo"; fi
   if [ -n "$ZSH_COMPLETIONS" ]; then put 644 lua/hilo/completion/_hilo "$ZSH_COMPLETIONS/_hilo"; fi
   if [ -n "$BELOW" ]; then
      put 755 lua/bin/hilo "$BINDIR/hilo"
      sed "s|^local below = .*|local below = '/$BELOW/lua'|" lua/bin/hilo >"$DESTDIR$BINDIR/hilo"
   else
      folder "$BINDIR"
      ln -sfn "$(realpath -m --relative-to="$DESTDIR$BINDIR" "$DESTDIR$TREE")/lua/bin/hilo" "$DESTDIR$BINDIR/hilo"
      echo "$BINDIR/hilo" >>"$list"
   fi
   chmod 644 "$list" "$DESTDIR$TREE/commit"
   echo "$DESTDIR$BINDIR/hilo"
}

case ${1-} in
install)
   shift
   install_all "$@"
   ;;
uninstall) uninstall || { echo "nothing to uninstall: there is no $list" >&2; exit 1; } ;;
*) echo 'usage: rocks/install.sh install LIBRARY ... | uninstall' >&2; exit 2 ;;
esac
