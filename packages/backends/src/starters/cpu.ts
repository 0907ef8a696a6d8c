/** Plain TypeScript loops: everywhere, and slow. */
import { type Starter, tensorFlowJs } from './starter.ts';

export const cpu: Starter = {
  load: () => import('@tensorflow/tfjs-backend-cpu'),
  describe: () => ({
    version: tensorFlowJs,
    device: 'processor, one thread',
    precision: 'float32',
    emulated: false,
    limits: {},
  }),
};
