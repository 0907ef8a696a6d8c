/** A process that loads a model, has two sessions write, and says what memory each took: `node memory-of.ts <backend> <file>`. */
import { type BackendName, setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { loadModel } from '../src/index.ts';

const [backend, file] = process.argv.slice(2) as [BackendName, string];
await setBackend(backend);
const warm = tf.tidy(() => tf.matMul(tf.ones([8, 8]), tf.ones([8, 8])));
await warm.data();
warm.dispose();
/** The most bytes that were resident so far. */
const peak = () => process.resourceUsage().maxRSS * 1024;
const started = peak();
const model = await loadModel(file);
const afterEach: { peak: number; counted: number }[] = [];
for (let open = 0; open < 2; open++) {
  const session = model.session();
  for await (const _ of session.generate('The capital of France is', { maxTokens: 2, temperature: 0 })) {
    // What is written does not matter.
  }
  afterEach.push({ peak: peak() - started, counted: tf.memory().numBytes });
}
process.stdout.write(JSON.stringify(afterEach));
