/**
 * For tests that need a real server or tool. Missing on a user's machine: they skip with a loud
 * line. Missing in CI: that is a failure, because nobody would read the line.
 *
 * @returns whether the tests can run
 */
export function requirePart(name: string, isThere: boolean, remedy: string): boolean {
  if (isThere) return true;
  const line = `SKIPPED: ${name} is missing. ${remedy}`;
  if (process.env['CI']) throw new Error(line);
  process.stderr.write(`\n*** ${line} ***\n\n`);
  return false;
}
