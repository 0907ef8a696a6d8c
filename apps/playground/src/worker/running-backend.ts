/** What the backend that runs computes on. */
import { describeBackend } from '@famjs/backends';
import type { RunningBackend } from './protocol.ts';

export function runningBackend(): RunningBackend {
  const { name, device, emulated } = describeBackend();
  return { name, device, emulated };
}
