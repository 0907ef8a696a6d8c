/** The machine that a report was made on. */
import os from 'node:os';
import { plural } from '../format.ts';
import type { PassKeyReport } from './passkey-report.ts';

export function describeMachine(): PassKeyReport['machine'] {
  return {
    processor: os.cpus()[0]?.model.trim() || 'unknown processor',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}, ${os.arch()}`,
    node: process.version,
  };
}

export const machineInWords = ({ processor, cores, memoryGiB, system }: PassKeyReport['machine']): string =>
  `${processor}, ${plural(cores, 'core')}, ${memoryGiB} GiB, ${system}`;
