import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { taskSchema } from './task.ts';
import { queueNameSchema, typeNameSchema } from './submission.ts';
import { taskStatusSchema } from './status.ts';

/** Filters shared by the list and by `cancel` and `retry` of many. */
export const taskFilterSchema = z.strictObject({
  status: z.array(taskStatusSchema).min(1).optional(),
  type: typeNameSchema.optional(),
  queue: queueNameSchema.optional(),
  label: z
    .array(
      z
        .string()
        .min(1)
        .max(LIMITS.labelKeyCharsMax + LIMITS.labelValueCharsMax + 1),
    )
    .max(LIMITS.labelsMax)
    .optional()
    .describe('`key:value`. Several must all match.'),
  createdAfter: z.iso.datetime({ offset: true }).optional(),
  createdBefore: z.iso.datetime({ offset: true }).optional(),
  q: z
    .string()
    .min(1)
    .max(LIMITS.searchCharsMax)
    .optional()
    .describe('Text in the description, or the start of the id.'),
});

export type TaskFilter = z.infer<typeof taskFilterSchema>;

/** `cancel` and `retry` of many: by ids, or by filter; at least one of them. */
export const taskSelectionSchema = z.strictObject({
  ids: z.array(z.uuid()).min(1).max(LIMITS.pageItemsMax).optional(),
  filter: taskFilterSchema.optional(),
});

export type TaskSelection = z.infer<typeof taskSelectionSchema>;

export const taskPageSchema = z.object({
  items: z.array(taskSchema),
  nextCursor: z.string().nullable(),
});

export type TaskPage = z.infer<typeof taskPageSchema>;
