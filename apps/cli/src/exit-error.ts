/** An error that ends the command with an exit code of its own. */
export class ExitError extends Error {
  override readonly name = 'ExitError';
  readonly exitCode: number;

  constructor(exitCode: number, cause: unknown) {
    super('the command failed', { cause });
    this.exitCode = exitCode;
  }
}
