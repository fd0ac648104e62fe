const WIDTH = 24;

/** `████████░░░░  34%`, or an empty text when nothing is known. */
export function progressBar(percent: number | null): string {
  if (percent === null) return '';
  const share = Math.min(100, Math.max(0, percent)) / 100;
  const full = Math.round(share * WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${`${Math.round(100 * share)}`.padStart(3)}%`;
}
