import { z } from 'zod';
import { CLAIMS } from './claims.ts';
import { LIMITS } from './limits.ts';
import { PLAIN_TEXT } from './text.ts';

const time = z.iso.datetime();

export const apiKeyViewSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  prefix: z.string().describe('The first characters, to tell keys apart. The rest is never shown.'),
  claims: z.array(z.enum(CLAIMS)),
  createdAt: time,
  expiresAt: time.nullable(),
});

export type ApiKeyView = z.infer<typeof apiKeyViewSchema>;

export const apiKeyCreationSchema = z.strictObject({
  name: z.string().min(1).max(LIMITS.nameCharsMax).regex(PLAIN_TEXT),
  claims: z.array(z.enum(CLAIMS)).min(1).max(CLAIMS.length),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
});

export type ApiKeyCreation = z.input<typeof apiKeyCreationSchema>;

export const createdApiKeySchema = apiKeyViewSchema.extend({
  key: z.string().describe('The key itself. It is shown this once and stored only as a hash.'),
});

export type CreatedApiKey = z.infer<typeof createdApiKeySchema>;
