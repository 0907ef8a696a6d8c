/** What `famjs bench model --json` prints. */
import type { BackendDescription } from '@famjs/backends';
import type { describeMachine } from '../../report/machine.ts';
import type { Clock } from '../clock.ts';
import type { Quartiles } from '../contest.ts';
import type { Flatness } from './flat.ts';

/** Tokens a second. */
interface Speeds {
  read: Quartiles;
  write: Quartiles;
}

export interface ModelBenchReport {
  /** ISO 8601, UTC. */
  started: string;
  famjs: string;
  machine: ReturnType<typeof describeMachine>;
  backend: BackendDescription;
  model: string;
  /** What the seconds were counted by. */
  clock: Clock;
  contenders: {
    name: string;
    loaded: number;
    peakBytes: number;
    /** By tokens read. */
    speeds: Record<number, Speeds>;
    /** FAM.js' speed over this one's, round by round. */
    ratios: Record<number, Speeds>;
  }[];
  flat: Flatness | undefined;
}
