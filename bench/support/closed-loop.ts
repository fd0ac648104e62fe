/**
 * Holds so many calls in flight for a time; then lets the last ones end.
 *
 * @returns calls a second
 */
export async function closedLoop(
  call: () => Promise<unknown>,
  { inFlight, ms }: { inFlight: number; ms: number },
): Promise<number> {
  const from = performance.now();
  let calls = 0;
  const line = async (): Promise<void> => {
    while (performance.now() - from < ms) {
      await call();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, line));
  return calls / ((performance.now() - from) / 1000);
}

/**
 * Makes calls at a steady rate, whether or not the former ones have ended, until `until` does.
 *
 * @returns how many calls were made; rejects when one of them has failed
 */
export async function openLoop(
  call: (number: number) => Promise<unknown>,
  { perSecond, until }: { perSecond: number; until: Promise<unknown> },
): Promise<number> {
  const from = performance.now();
  const calls: Promise<unknown>[] = [];
  const { promise, reject } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    const due = ((performance.now() - from) / 1000) * perSecond;
    while (calls.length < due) {
      const made = call(calls.length);
      made.catch(reject);
      calls.push(made);
    }
  }, TICK_MS);
  try {
    await Promise.race([until, promise]);
  } finally {
    clearInterval(timer);
  }
  await Promise.all(calls);
  return calls.length;
}

const TICK_MS = 2;
