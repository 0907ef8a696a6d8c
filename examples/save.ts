/** A session that goes on in another process, on any backend. */
import { setBackend } from '@famjs/backends';
import { loadModel } from '@famjs/zoo';
import { readBytes, saveTo } from '@famjs/zoo/node';

await setBackend('auto');
const model = await loadModel('passkey-fam');
const head =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. ' +
  'I will quiz you about the important information there. The pass key is 41358. Remember it. 41358 is the pass key.';

const session = model.session();
await session.read(head);
await saveTo('runs/examples/key.session', session); // whole or not at all
session.dispose();

const later = await model.restore(await readBytes('runs/examples/key.session'));
await later.read(
  ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.',
);
const answer = await later.ask(' What is the pass key? The pass key is', { maxTokens: 5 });
console.log(answer.trim());
