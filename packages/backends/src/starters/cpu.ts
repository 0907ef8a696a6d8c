/** Plain TypeScript loops: everywhere, and slow. */
import type { Starter } from './starter.ts';

export const cpu: Starter = { load: () => import('@tensorflow/tfjs-backend-cpu') };
