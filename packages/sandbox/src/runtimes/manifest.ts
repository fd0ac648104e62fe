import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stageLimitsSchema } from '@mayfly/contracts';
import { z } from 'zod';

const absolutePath = z.string().regex(/^\//u);
const commandLine = z.tuple([z.string()], z.string());

/**
 * A runtime as its file in `runtimes/` describes it. Words of command lines may hold `{binary}`,
 * `{main}` and `{artifact}`; a word `{sources}` becomes all source files.
 */
const runtimeManifestSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/u),
  language: z.string(),
  aliases: z.array(z.string()),
  /** Places to look for the binary, best first. `{node}` is the one that runs this process. */
  binaries: z.array(z.union([absolutePath, z.literal('{node}')])).min(1),
  /** What to do when it is not there: one sentence with the exact command. */
  remedy: z.string(),
  /** Prints the version; the first number with dots in it is taken. */
  version: commandLine,
  /** Name of the file that `code` becomes. */
  sourceFile: z.string(),
  /** Endings of the files that `{sources}` stands for; the main file is always one of them. */
  sourceEndings: z.array(z.string()),
  compile: commandLine.nullable(),
  run: commandLine,
  env: z.record(z.string(), z.string()),
  compileLimits: stageLimitsSchema,
  runLimits: stageLimitsSchema,
  /** A program that prints `ok` and a line feed. */
  probe: z.string(),
});

export type RuntimeManifest = z.infer<typeof runtimeManifestSchema>;

/** Reads every manifest of a folder; the default is what this package brings. */
export function loadManifests(folder = builtInFolder()): RuntimeManifest[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => loadManifest(`${folder}/${name}`));
}

function loadManifest(path: string): RuntimeManifest {
  const parsed = runtimeManifestSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${path} is no valid runtime manifest: ${z.prettifyError(parsed.error)}`);
}

function builtInFolder(): string {
  return fileURLToPath(new URL('../../runtimes', import.meta.url));
}
