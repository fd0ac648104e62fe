import type { Node } from './read-tree.ts';

/** A script for bash: `source <(mayfly completion bash)`. */
export function bashScript(nodes: readonly Node[]): string {
  return `# bash completion of mayfly
_mayfly() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" word words="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$path $word" in
${nodes
  .filter((node) => node.path.length > 0)
  .map(pathCase)
  .join('\n')}
    esac
  done
  case "$path $previous" in
${nodes.flatMap(choiceCases).join('\n')}
  esac
  case "$path" in
${nodes.map(wordCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _mayfly mayfly
`;
}

function pathCase({ path }: Node): string {
  const parent = path.slice(0, -1).join('/');
  const name = path.at(-1) ?? '';
  return `      '${parent} ${name}') path='${path.join('/')}' ;;`;
}

/** After an option with few values: those; after one that takes any: files. */
function choiceCases({ path, options }: Node): string[] {
  return options
    .filter((option) => option.takesValue)
    .map(({ flags, choices }) => {
      const patterns = flags.map((flag) => `'${path.join('/')} ${flag}'`).join('|');
      const reply = `COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$current")); `;
      return `    ${patterns}) ${choices.length > 0 ? reply : ''}return ;;`;
    });
}

function wordCase({ path, commands, values, options }: Node): string {
  const words = [
    ...commands.map((command) => command.name),
    ...values,
    ...options.flatMap((option) => option.flags),
  ];
  return `    '${path.join('/')}') words='${words.join(' ')}' ;;`;
}
