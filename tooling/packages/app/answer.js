/** What the app asks of the packages: a key that a model was told, after more text than its window holds. */
import { setBackend } from '@famjs/backends';
import { loadModel } from '@famjs/zoo';
import { loadModel as loadInWorker } from '@famjs/zoo/worker';

const head =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. ' +
  'I will quiz you about the important information there. The pass key is 90817. Remember it. 90817 is the pass key.';
const filler = ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.';

/** The answer of this thread. */
export async function answer(place, options) {
  const backend = await setBackend('wasm', options);
  return `${backend}: ${await keySaidBy(await loadModel(place))}`;
}

/** The answer of the package's own worker, or of one that is given. */
export async function answerOfWorker(place, backendOptions, worker) {
  const model = await loadInWorker(place, { backend: 'wasm', backendOptions, worker });
  return `${model.backend.name}: ${await keySaidBy(model)}`;
}

async function keySaidBy(model) {
  const session = model.session();
  await session.read(head + filler.repeat(20));
  const said = await session.ask(' What is the pass key? The pass key is', { maxTokens: 5 });
  model.dispose();
  return said.replaceAll(/\D/g, '');
}
