import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { submissionSchema } from './task/submission.ts';
import { PLAIN_TEXT } from './text.ts';

const time = z.iso.datetime();

/** What happens to slots that passed while no server was there. */
export const CATCH_UPS = ['skip', 'last', 'all'] as const;

/** What happens to a slot whose turn comes while an earlier task of the schedule has not ended. */
export const OVERLAPS = ['skip', 'queue', 'cancel-running'] as const;

export type CatchUp = (typeof CATCH_UPS)[number];
export type Overlap = (typeof OVERLAPS)[number];

/** A submission without what the schedule decides itself. */
export const scheduledTaskSchema = submissionSchema.omit({
  runAt: true,
  delayMs: true,
  after: true,
  afterPolicy: true,
  unique: true,
});

const nameField = z.string().min(1).max(LIMITS.nameCharsMax).regex(PLAIN_TEXT);
const cronField = z
  .string()
  .min(1)
  .max(LIMITS.cronCharsMax)
  .describe('Five fields, or six with seconds first. Excludes `everyMs`.');
const timeZoneField = z
  .string()
  .min(1)
  .max(LIMITS.timeZoneCharsMax)
  .describe('IANA name of the time zone of `cron`, for example `Europe/Berlin`. Default: UTC.');
const everyMsField = z
  .int()
  .min(LIMITS.scheduleEveryMsMin)
  .max(LIMITS.runAtAheadMsMax)
  .describe('The interval, counted from when it was set or resumed. Excludes `cron`.');
const catchUpField = z
  .enum(CATCH_UPS)
  .describe(
    'Slots missed while no server was there: none, only the last, or all up to catchUpMax.',
  );
const catchUpMaxField = z.int().min(1).max(LIMITS.catchUpSlotsMax);
const overlapField = z
  .enum(OVERLAPS)
  .describe(
    'While an earlier task has not ended: skip the slot, wait for the end, or cancel the earlier one.',
  );

export const scheduleCreationSchema = z.strictObject({
  name: nameField,
  cron: cronField.optional(),
  timeZone: timeZoneField.optional(),
  everyMs: everyMsField.optional(),
  catchUp: catchUpField.default('last'),
  catchUpMax: catchUpMaxField.default(LIMITS.catchUpSlotsMax),
  overlap: overlapField.default('skip'),
  paused: z.boolean().default(false),
  task: scheduledTaskSchema.describe('What to submit at each slot.'),
});

export type ScheduleCreation = z.input<typeof scheduleCreationSchema>;

/** What PATCH may change. Giving `cron` takes `everyMs` away, and the other way round. */
export const scheduleChangeSchema = z.strictObject({
  name: nameField.optional(),
  cron: cronField.optional(),
  timeZone: timeZoneField.optional(),
  everyMs: everyMsField.optional(),
  catchUp: catchUpField.optional(),
  catchUpMax: catchUpMaxField.optional(),
  overlap: overlapField.optional(),
  task: scheduledTaskSchema.optional(),
});

export type ScheduleChange = z.input<typeof scheduleChangeSchema>;

export const scheduleRunSchema = z.object({
  slotAt: time.describe('The time that it was due.'),
  planned: z.boolean().describe('False: somebody asked for it out of turn.'),
  taskId: z.uuid().nullable().describe('Null: skipped, because an earlier task had not ended.'),
  at: time.describe('When that was decided.'),
});

export type ScheduleRun = z.infer<typeof scheduleRunSchema>;

export const scheduleSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  owner: z.string(),
  cron: z.string().nullable(),
  timeZone: z.string().nullable(),
  everyMs: z.int().nullable(),
  catchUp: z.enum(CATCH_UPS),
  catchUpMax: z.int(),
  overlap: z.enum(OVERLAPS),
  paused: z.boolean(),
  task: scheduledTaskSchema,
  nextRuns: z.array(time).describe('The next slots; none while it is paused.'),
  lastRun: scheduleRunSchema.nullable(),
  createdAt: time,
  updatedAt: time,
});

export type Schedule = z.infer<typeof scheduleSchema>;

export const schedulePageSchema = z.object({
  items: z.array(scheduleSchema),
  nextCursor: z.string().nullable(),
});

export type SchedulePage = z.infer<typeof schedulePageSchema>;
