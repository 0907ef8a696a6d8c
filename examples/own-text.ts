/** A model of one's own text, letter by letter, with nothing but defaults. */
import { setBackend } from '@famjs/backends';
import { freshTraining, textTask, train } from '@famjs/trainer';
import { initialWeights, llamaConfig } from '@famjs/zoo';

await setBackend('auto');
const text = 'She sells sea shells by the sea shore. '.repeat(200);
const letters = [...new Set(text)];
const config = llamaConfig({
  ...{ layers: 2, width: 64, heads: 4, intermediateWidth: 168, vocabularySize: letters.length },
  fam: { blockSize: 64, famLength: 8, variant: 'fam-norm' },
});
const task = textTask([...text].map((letter) => letters.indexOf(letter)));
const state = freshTraining(initialWeights(config, 0));
for await (const event of train({ config, task, training: { steps: 30 } }, state)) {
  if (event.type === 'step' && event.step % 10 === 0) console.log(event.step, event.loss.toFixed(2));
}
