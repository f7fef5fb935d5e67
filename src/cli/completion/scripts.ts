/** The hidden command that they ask: it is given the words before the cursor, and writes what fits, one a line. */
export const COMPLETE = "complete";
/** The answer that stands for names of files, which every shell completes better than we could. */
export const FILES = ":files";

/** What each shell reads at its start. All that is known of commands is asked of `pontus` itself. */
export const SCRIPTS = {
  bash: `# For ~/.bashrc: source <(pontus completion bash)
_pontus() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == "${FILES}" ]]; then compopt -o default
    else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <(pontus ${COMPLETE} -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _pontus pontus
`,
  zsh: `#compdef pontus
# For ~/.zshrc, after compinit: source <(pontus completion zsh)
_pontus() {
  local line
  local -a found
  for line in "\${(@f)$(pontus ${COMPLETE} -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == "${FILES}" ]]; then _files
    elif [[ -n $line ]]; then found+=("\${line%%$'\\t'*}:\${line#*$'\\t'}"); fi
  done
  _describe pontus found
}
if [[ \${funcstack[1]} == _pontus ]]; then _pontus "$@"; else compdef _pontus pontus; fi
`,
  fish: `# For ~/.config/fish/config.fish: pontus completion fish | source
function __pontus
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in (pontus ${COMPLETE} -- $before[2..] "$current" 2>/dev/null)
        if test "$line" = "${FILES}"
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c pontus -f -a "(__pontus)"
`,
} as const;

/** The shells whose completion is written. */
export const SHELLS = Object.keys(SCRIPTS) as readonly (keyof typeof SCRIPTS)[];
