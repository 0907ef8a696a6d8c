/** What two threads say to each other, as structured cloning carries it. */
import type { PackedError } from './errors.ts';

export type Message =
  | { type: 'call'; id: number; name: string; args: unknown[] }
  | { type: 'pull' | 'return'; id: number; ref: number }
  | { type: 'done'; id: number; value: unknown }
  | { type: 'failed'; id: number; error: unknown }
  | { type: 'tell'; ref: number; args: unknown[] }
  | { type: 'abort'; ref: number; reason: unknown }
  | { type: 'drop'; refs: number[] };

/** Something that stayed at its end, in a message. */
export type Reference =
  | { '@famjs': 'signal'; ref: number; aborted: boolean; reason?: unknown }
  | {
      '@famjs': 'function' | 'stream' | 'home';
      ref: number;
    }
  | { '@famjs': 'error'; ref: number | undefined; error: PackedError };
