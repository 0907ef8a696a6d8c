/** A training run that goes on from its checkpoint, whatever ended it. */
import { setBackend } from '@famjs/backends';
import { adafactor, freshTraining, textTask, train } from '@famjs/trainer';
import { loadTraining, saveTraining } from '@famjs/trainer/node';
import { initialWeights, llamaConfig } from '@famjs/zoo';

await setBackend('auto');
const text = 'How much wood would a woodchuck chuck if a woodchuck could chuck wood? '.repeat(100);
const letters = [...new Set(text)];
const config = llamaConfig({
  ...{ layers: 2, width: 32, heads: 2, intermediateWidth: 88, vocabularySize: letters.length },
  fam: { blockSize: 32, famLength: 4, variant: 'fam-norm' },
});
const run = {
  config,
  task: textTask(
    [...text].map((letter) => letters.indexOf(letter)),
    { rows: 4, length: 128 },
  ),
  training: { steps: 20, optimizer: adafactor() },
};

const file = 'runs/examples/woodchuck.checkpoint';
const state = freshTraining(initialWeights(config, 0));
await loadTraining(file, run, state); // stays fresh where there is no file; refuses that of another run
for await (const event of train(run, state)) {
  if (event.type === 'step' && event.step % 10 === 0) await saveTraining(file, run, state);
}
console.log(state.step, 'steps');
