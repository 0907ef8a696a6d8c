/** A model in a worker: the thread that asks stays free, and may stop it at any time. */
import { loadModel } from '@famjs/zoo/worker';

const model = await loadModel('passkey-fam', { backend: 'wasm' }); // in a page: '/models/passkey-fam', or files
const session = model.session();

const story =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. I will quiz you ' +
  'about the important information there. The pass key is 90817. Remember it. 90817 is the pass key.';
const filler = ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.';
await session.read(story + filler.repeat(200));

const stop = new AbortController(); // of a button, say
const options = { maxTokens: 5, signal: stop.signal };
let answer = '';
for await (const text of session.generate(' What is the pass key? The pass key is', options)) answer += text;
console.log(answer.trim(), session.length, 'tokens read');
model.dispose(); // ends the worker
