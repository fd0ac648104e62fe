import { z } from 'zod';

/** A language version that a worker has probed and found working. */
export const runtimeInfoSchema = z.object({
  name: z.string(),
  language: z.string(),
  version: z.string(),
  aliases: z.array(z.string()),
  compiled: z.boolean(),
});

export type RuntimeInfo = z.infer<typeof runtimeInfoSchema>;

/** What a worker says of its sandbox; shown by the API as it is. */
export const sandboxInfoSchema = z.object({
  kind: z.enum(['bubblewrap', 'docker', 'process']),
  cgroups: z.enum(['v1', 'v2', 'hybrid', 'none']),
  /** Guards that this machine cannot give, each in one sentence. Empty: all are on. */
  weakened: z.array(z.string()),
});

export type SandboxInfo = z.infer<typeof sandboxInfoSchema>;
