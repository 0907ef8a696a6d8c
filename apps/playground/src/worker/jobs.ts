/** Where the jobs lie: each is loaded when it is run. A new job gets its line here and in `protocol.ts`. */
import type { Job } from './job.ts';
import type { JobName } from './protocol.ts';

export const jobs: { [Name in JobName]: () => Promise<Job<Name>> } = {
  watch: async () => (await import('../views/watch/job.ts')).watch,
  train: async () => (await import('../views/train/job.ts')).trainHere,
  inside: async () => (await import('../views/inside/job.ts')).inside,
  compare: async () => (await import('../views/compare/job.ts')).compare,
};
