import { z } from 'zod';
import { LIMITS } from '../limits.ts';

export const RETRY_ON = ['failed', 'expired'] as const;

export const retryPolicySchema = z.strictObject({
  maxAttempts: z.int().min(1).max(LIMITS.maxAttemptsMax).default(1),
  backoff: z.enum(['fixed', 'exponential']).default('exponential'),
  delayMs: z.int().min(0).max(LIMITS.retryDelayMsMax).default(1000),
  maxDelayMs: z.int().min(0).max(LIMITS.retryDelayMsMax).default(300_000),
  jitter: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('Share of the delay that is random: 0 is exact, 1 is anywhere from 0 to the delay.'),
  retryOn: z.array(z.enum(RETRY_ON)).max(RETRY_ON.length).default(['failed', 'expired']),
});

/** When a task is run again by itself. Lost attempts are not counted against `maxAttempts`. */
export type RetryPolicy = z.infer<typeof retryPolicySchema>;
export type RetryPolicyInput = z.input<typeof retryPolicySchema>;

export const NO_RETRY: RetryPolicy = retryPolicySchema.parse({});
