/**
 * Runs the suite of attention on a backend that this package does not know: here TF.js' cpu backend under a new name, with
 * the composition of core ops. A kernel would be registered as `famjs/BlockAttention` and `famjs/BlockAttentionGrad`.
 *
 *     node --conditions=@famjs/source --import tsx packages/kernels/examples/sixth-backend.ts
 */
import { setBackend } from '@famjs/backends';
import { attentionChecks } from '@famjs/kernels/testing';
import * as tf from '@tensorflow/tfjs-core';

await setBackend('cpu');
tf.registerBackend('sixth', tf.findBackendFactory('cpu'));
for (const kernel of tf.getKernelsForBackend('cpu')) {
  if (!kernel.kernelName.startsWith('famjs/')) tf.registerKernel({ ...kernel, backendName: 'sixth' });
}
await tf.setBackend('sixth');

let worst = 0;
const onCompared = (_: string, { share }: { share: number }) => {
  worst = Math.max(worst, share);
};
for (const { name, run } of attentionChecks({ runs: 20, onCompared })) {
  await run();
  console.log(`✓ ${name}`);
}
console.log(`The worst difference was ${(100 * worst).toFixed(1)} % of what the tolerance allows.`);
