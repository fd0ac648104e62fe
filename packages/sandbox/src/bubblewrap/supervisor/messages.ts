import type { ErrorCode, SandboxInfo } from '@mayfly/contracts';
import type { OutputStream, ProgramEnd, ProgramSpec, StopReason } from '../../sandbox.ts';
import type { BubblewrapOptions } from '../in-process-sandbox.ts';

/** What the worker tells its supervisor. `open` comes first, `close` last. */
export type Order =
  | { type: 'open'; options: BubblewrapOptions }
  | { type: 'start'; id: number; spec: Omit<ProgramSpec, 'onOutput'> }
  | { type: 'terminate'; id: number; reason: StopReason }
  | { type: 'kill'; id: number; reason: StopReason }
  | { type: 'close' };

/** What the supervisor tells its worker. */
export type News =
  | { type: 'opened'; info: SandboxInfo }
  | { type: 'refused'; code: ErrorCode; detail: string }
  | { type: 'output'; id: number; stream: OutputStream; chunk: Uint8Array }
  | { type: 'ended'; id: number; end: ProgramEnd };
