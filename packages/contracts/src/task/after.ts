import { z } from 'zod';
import { LIMITS } from '../limits.ts';

/** What becomes of a task when one that it waits for does not complete. */
export const AFTER_POLICIES = ['cancel', 'run-anyway'] as const;

export type AfterPolicy = (typeof AFTER_POLICIES)[number];

export const afterPolicySchema = z
  .enum(AFTER_POLICIES)
  .describe(
    'When a task in `after` fails, expires or is cancelled: `cancel` this one too, or `run-anyway`.',
  );

const UUID = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

/** A place in the same batch, counted from 0. */
export const BATCH_REF = /^#(\d{1,5})$/;

export const afterSchema = z
  .array(z.string().regex(new RegExp(`^(?:${UUID}|#\\d{1,5})$`)))
  .max(LIMITS.afterTasksMax)
  .describe(
    'Ids of tasks that must have ended before; in a batch also `#n`, an earlier item of it.',
  );
