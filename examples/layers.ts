/** Layers without what a model puts around them: activations in, activations out, and a state of bounded size. */
import { setBackend } from '@famjs/backends';
import { readStack, startState, stateTensors } from '@famjs/layer';
import { initialWeights, llamaConfig, stackOf } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';

await setBackend('auto');
const config = llamaConfig({
  ...{ layers: 2, width: 64, heads: 4, intermediateWidth: 168, vocabularySize: 100 },
  fam: { blockSize: 16, famLength: 4, memorySegments: 1, variant: 'fam' },
});
const stack = stackOf({ config, weights: initialWeights(config, 0) });

let state = startState(stack, 1);
for (let call = 0; call < 4; call++) {
  const embeddings = tf.randomNormal([1, 160, 64]); // ten blocks at a time
  const read = readStack(stack, embeddings, state);
  state = read.state;
  const numbers = Object.values(stateTensors(state)).reduce((sum, { size }) => sum + size, 0);
  console.log(`activations [${read.x().shape}], after them a state of ${numbers} numbers`);
}
