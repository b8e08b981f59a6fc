import { COMPLETE_WORDS } from "./complete-words.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** How each shell is taught to complete `protector`. The words come from the program itself, each time. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# bash completion of protector; load it with: source <(protector complete bash)
_protector() {
  local line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    if [[ $line == :files ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("$(printf '%q' "$line")")
  done < <("\${COMP_WORDS[0]}" ${COMPLETE_WORDS} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _protector protector
`,
  zsh: `#compdef protector
# zsh completion of protector; load it after compinit with: source <(protector complete zsh)
_protector() {
  local line value help
  local -a offered
  for line in "\${(@f)$("\${words[1]}" ${COMPLETE_WORDS} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    value=\${line%%$'\\t'*}
    help=\${line#*$'\\t'}
    [[ -n $value ]] && offered+=("\${value//:/\\\\:}:$help")
  done
  _describe protector offered
}
if [[ $funcstack[1] == _protector ]]; then
  _protector "$@"
else
  compdef _protector protector
fi
`,
  fish: `# fish completion of protector; load it with: protector complete fish | source
function __protector_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l offered ($words[1] ${COMPLETE_WORDS} -- $words[2..-1] 2>/dev/null)
  if test "$offered" = :files
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $offered
  end
end
complete -c protector -f -a '(__protector_complete)'
`,
};
