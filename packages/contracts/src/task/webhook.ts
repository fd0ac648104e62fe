import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { PLAIN_TEXT } from '../text.ts';
import { FINAL_STATUSES } from './status.ts';

const time = z.iso.datetime();

export const webhookSchema = z
  .strictObject({
    url: z.string().min(1).max(LIMITS.webhookUrlCharsMax).regex(PLAIN_TEXT),
    events: z
      .array(z.enum(FINAL_STATUSES))
      .min(1)
      .max(FINAL_STATUSES.length)
      .default([...FINAL_STATUSES])
      .describe('The ends to tell of; all when left out.'),
  })
  .describe('Gets a signed POST when the task has ended.');

export type Webhook = z.output<typeof webhookSchema>;

export const webhookDeliverySchema = z.object({
  id: z.uuid().describe('The same in every try: the header `webhook-id`.'),
  url: z.string(),
  event: z.enum(FINAL_STATUSES),
  state: z.enum(['waiting', 'delivered', 'given-up']),
  attempts: z.int(),
  createdAt: time,
  lastTriedAt: time.nullable(),
  nextTryAt: time.nullable(),
  deliveredAt: time.nullable(),
  lastStatus: z.int().nullable().describe('The HTTP status of the last answer.'),
  lastError: z.string().nullable(),
});

export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;
