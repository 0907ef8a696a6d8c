/** What the app asks of the packages: a key that a model was told, after more text than its window holds. */
import { setBackend } from '@famjs/backends';
import { loadModel } from '@famjs/zoo';

const head =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. ' +
  'I will quiz you about the important information there. The pass key is 90817. Remember it. 90817 is the pass key.';
const filler = ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.';

export async function answer(place, options) {
  const backend = await setBackend('wasm', options);
  const model = await loadModel(place);
  const session = model.session();
  await session.read(head + filler.repeat(20));
  const said = await session.ask(' What is the pass key? The pass key is', { maxTokens: 5 });
  model.dispose();
  return `${backend}: ${said.replaceAll(/\D/g, '')}`;
}
