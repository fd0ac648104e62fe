import { z } from 'zod';

/** Params of the built-in operations other than `code.run`. */

export const generateLoginParamsSchema = z.strictObject({
  length: z.int().min(1).max(256).default(10),
  alphabet: z
    .string()
    .min(2)
    .max(256)
    .default('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
    .describe('Characters to choose from.'),
});

export const generateNumberParamsSchema = z.strictObject({
  digits: z
    .int()
    .min(1)
    .max(15)
    .optional()
    .describe('A number with exactly so many digits; 8 when nothing is given.'),
  min: z.int().optional().describe('With `max`: a whole number from min to max, both included.'),
  max: z.int().optional(),
});

export const sleepParamsSchema = z.strictObject({
  ms: z.int().min(0).max(86_400_000).describe('How long to wait; progress is reported meanwhile.'),
});

export const httpRequestParamsSchema = z.strictObject({
  url: z.string().min(1).max(8192),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  headers: z.record(z.string().min(1).max(200), z.string().max(8192)).default({}),
  body: z
    .string()
    .max(1024 * 1024)
    .optional(),
  timeoutMs: z.int().min(1).max(3_600_000).default(30_000),
  maxBytes: z
    .int()
    .min(0)
    .max(8 * 1024 * 1024)
    .default(1024 * 1024)
    .describe('A longer response fails the task.'),
  maxRedirects: z.int().min(0).max(20).default(5),
});

export type GenerateLoginParams = z.infer<typeof generateLoginParamsSchema>;
export type GenerateNumberParams = z.infer<typeof generateNumberParamsSchema>;
export type SleepParams = z.infer<typeof sleepParamsSchema>;
export type HttpRequestParams = z.infer<typeof httpRequestParamsSchema>;
