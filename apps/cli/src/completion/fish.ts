import type { Node } from './read-tree.ts';

/** A script for fish: `mayfly completion fish | source`. */
export function fishScript(nodes: readonly Node[]): string {
  return `# fish completion of mayfly
function __mayfly_at
  set -l path
  set -l known ${nodes.map(({ path }) => quote(path.join('/'))).join(' ')}
  for word in (commandline -opc)[2..-1]
    set -l next (string join -- / $path $word)
    contains -- $next $known; and set path $path $word
  end
  set -l here (string join -- / $path)
  test "$here" = "$argv[1]"
end
${nodes.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, values, options }: Node): string[] {
  const start = `complete -c mayfly -n ${quote(`__mayfly_at ${quote(path.join('/'))}`)}`;
  return [
    ...commands.map(({ name, summary }) => `${start} -f -a ${name} -d ${quote(summary)}`),
    ...values.map((value) => `${start} -f -a ${value}`),
    ...options.map(({ flags, summary, choices, takesValue }) => {
      const names = flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const values = choices.length > 0 ? ` -x -a ${quote(choices.join(' '))}` : ' -r';
      return `${start} ${names.join(' ')}${takesValue ? values : ''} -d ${quote(summary)}`;
    }),
  ];
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
