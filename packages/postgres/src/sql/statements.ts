import { readFileSync, readdirSync } from 'node:fs';

/** SQL lives in files beside the code, so that it can be read, run and formatted as SQL. */
const ROOT = new URL('../../sql/', import.meta.url);

function readFolder(folder: string): Map<string, string> {
  const files = readdirSync(new URL(folder, ROOT)).filter((file) => file.endsWith('.sql'));
  return new Map(
    files
      .sort()
      .map((file) => [file.slice(0, -4), readFileSync(new URL(folder + file, ROOT), 'utf8')]),
  );
}

const queries = readFolder('queries/');
const sources = readFolder('sources/');

/** Text of `sql/queries/<name>.sql`. */
export function query(name: string): string {
  const text = queries.get(name);
  if (text === undefined) throw new Error(`there is no sql/queries/${name}.sql`);
  return text;
}

/** Text of `sql/sources/<name>.sql`: one way to find candidates for a page of tasks. */
export function source(name: string): string {
  const text = sources.get(name);
  if (text === undefined) throw new Error(`there is no sql/sources/${name}.sql`);
  return text;
}

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

export function migrations(): Migration[] {
  return [...readFolder('migrations/')].map(([name, sql]) => ({
    number: Number(name.slice(0, 4)),
    name,
    sql,
  }));
}
