import { z } from 'zod';
import { PLAIN_TEXT } from '../text.ts';

const MIB = 1024 * 1024;

/** Bounds on one code run. The worker's operator may lower them, never the submitter raise them. */
export const CODE_LIMITS = {
  filesMax: 64,
  filesBytesMax: 4 * MIB,
  pathCharsMax: 200,
  stdinBytesMax: 4 * MIB,
  argsMax: 100,
  argCharsMax: 4096,
  envMax: 64,
  envValueCharsMax: 4096,
  /** What the kernel takes as command line and environment of one program, with room to spare. */
  commandBytesMax: MIB,
} as const;

/** Limits of one stage. A field that is left out takes the default of the runtime. */
export const stageLimitsSchema = z.strictObject({
  cpuMs: z.int().min(1).max(3_600_000).optional().describe('CPU time of all processes together.'),
  wallMs: z.int().min(1).max(86_400_000).optional().describe('Wall time; the TTL ends it anyway.'),
  memoryBytes: z
    .int()
    .min(8 * MIB)
    .max(8192 * MIB)
    .optional(),
  processes: z.int().min(1).max(1024).optional().describe('Processes and threads at one time.'),
  diskBytes: z
    .int()
    .min(MIB)
    .max(2048 * MIB)
    .optional()
    .describe('Size of the working folder, which lives in memory.'),
  outputBytes: z
    .int()
    .min(1)
    .max(16 * MIB)
    .optional()
    .describe('Bytes of stdout and stderr together; more ends the run.'),
});

export type StageLimits = z.infer<typeof stageLimitsSchema>;

export const codeFileSchema = z.strictObject({
  path: z.string().min(1).max(CODE_LIMITS.pathCharsMax),
  content: z.string(),
  encoding: z.enum(['utf8', 'base64']).default('utf8'),
});

const textOrBytesSchema = z.union([z.string(), z.strictObject({ base64: z.base64() })]);

export const codeRunParamsSchema = z.strictObject({
  runtime: z.string().min(1).max(100).describe('Name or alias of a runtime, such as `python`.'),
  code: z.string().optional().describe('The program, when it is one file. Excludes `files`.'),
  files: z
    .array(codeFileSchema)
    .min(1)
    .max(CODE_LIMITS.filesMax)
    .optional()
    .describe('The program as several files; the first one is the main one.'),
  stdin: textOrBytesSchema.optional(),
  args: z
    .array(z.string().max(CODE_LIMITS.argCharsMax).regex(PLAIN_TEXT))
    .max(CODE_LIMITS.argsMax)
    .optional(),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/),
      z.string().max(CODE_LIMITS.envValueCharsMax).regex(PLAIN_TEXT),
    )
    .optional(),
  limits: stageLimitsSchema.optional(),
  compileLimits: stageLimitsSchema.optional(),
  failOnNonZeroExit: z
    .boolean()
    .optional()
    .describe('Any verdict but `ok` makes the task `failed`, so that its retry policy applies.'),
});

export type CodeRunParams = z.infer<typeof codeRunParamsSchema>;
export type CodeFile = z.input<typeof codeFileSchema>;
