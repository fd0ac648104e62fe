/** Events a second; nothing when it is not known yet. */
export function showRate(rate: number | undefined): string {
  if (rate === undefined) return '';
  return rate >= 100 ? rate.toFixed(0) : rate.toFixed(1);
}
