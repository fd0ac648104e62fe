import { formatDuration } from '@mayfly/contracts';

/** `3m 20s ago`, or an empty text for a time that has not come. */
export function ago(time: string | null, nowMs: number): string {
  if (time === null) return '';
  const ms = nowMs - Date.parse(time);
  return ms >= 0 ? `${rough(ms)} ago` : `in ${rough(-ms)}`;
}

/** From one time to the other, or to now while the other has not come. */
export function tookMs(from: string | null, to: string | null, nowMs: number): number | null {
  return from === null
    ? null
    : Math.max(0, (to === null ? nowMs : Date.parse(to)) - Date.parse(from));
}

/** A duration, or an empty text. */
export function showMs(ms: number | null): string {
  return ms === null ? '' : formatDuration(ms);
}

/** Nobody wants the fractions of what is long ago. */
function rough(ms: number): string {
  return ms < 60_000 ? `${Math.floor(ms / 1000)}s` : formatDuration(ms);
}
