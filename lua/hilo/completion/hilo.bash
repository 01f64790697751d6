# Completion of hilo in bash. `make install` puts it where bash-completion finds it; source <(hilo completion bash) does without.
# hilo itself says what the last word can become, a candidate a line; `:files` or `:folders` asks for names of these.
_hilo() {
   local line=${COMP_LINE:0:COMP_POINT} words word answer paths= breaks=
   read -ra words <<<"$line"
   [[ $line == *[[:space:]] ]] && words+=('')
   word=${words[-1]}
   COMPREPLY=()
   while IFS= read -r answer; do
      case $answer in
      :*) paths=${answer#:} ;;
      ?*) COMPREPLY+=("${answer%%$'\t'*}") ;;
      esac
   done < <("${words[0]/#\~/$HOME}" completion words "${words[@]:1}" 2>/dev/null </dev/null)
   if [[ $paths ]]; then
      local key= value=$word kind=-f
      [[ $word == *=* ]] && key=${word%%=*}= value=${word#*=}
      [[ $paths == folders ]] && kind=-d
      while IFS= read -r answer; do
         [[ -d ${answer/#\~/$HOME} ]] && answer+=/
         COMPREPLY+=("$key${answer// /\\ }")
      done < <(compgen "$kind" -- "$value")
   fi
   # bash replaces what follows the last '=' or ':'
   [[ $COMP_WORDBREAKS == *=* ]] && breaks+==
   [[ $COMP_WORDBREAKS == *:* ]] && breaks+=:
   if [[ $breaks ]]; then
      local kept=${word%"${word##*[$breaks]}"}
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
   fi
   [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace 2>/dev/null
   return 0
}
complete -F _hilo hilo
