import type { Node } from './read-tree.ts';

/** A script for zsh: `source <(mayfly completion zsh)`, or a file `_mayfly` in the fpath. */
export function zshScript(nodes: readonly Node[]): string {
  return `#compdef mayfly
# zsh completion of mayfly
_mayfly() {
  local path_="" word previous="\${words[CURRENT-1]}"
  local -a answers
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$path_ $word" in
${nodes
  .filter((node) => node.path.length > 0)
  .map(pathCase)
  .join('\n')}
    esac
  done
  case "$path_ $previous" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$path_" in
${nodes.map(answerCase).join('\n')}
  esac
  _describe 'mayfly' answers
  _files
}
if [ "$funcstack[1]" = _mayfly ]; then _mayfly "$@"; else compdef _mayfly mayfly; fi
`;
}

function pathCase({ path }: Node): string {
  const parent = path.slice(0, -1).join('/');
  return `      '${parent} ${path.at(-1) ?? ''}') path_='${path.join('/')}' ;;`;
}

function valueCases({ path, options }: Node): string[] {
  return options
    .filter((option) => option.takesValue)
    .map(({ flags, choices }) => {
      const patterns = flags.map((flag) => `'${path.join('/')} ${flag}'`).join('|');
      const answer = choices.length > 0 ? `compadd ${choices.join(' ')}` : '_files';
      return `    ${patterns}) ${answer}; return ;;`;
    });
}

function answerCase({ path, commands, values, options }: Node): string {
  const answers = [
    ...commands.map(({ name, summary }) => describe(name, summary)),
    ...values.map(quote),
    ...options.flatMap(({ flags, summary }) => flags.map((flag) => describe(flag, summary))),
  ];
  return `    '${path.join('/')}') answers=(${answers.join(' ')}) ;;`;
}

function describe(word: string, summary: string): string {
  return quote(`${word.replaceAll(':', '\\:')}:${summary}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
