/** A session of a shipped model, which knows the words of the PassKey test and no others. */
import { setBackend } from '@famjs/backends';
import { startSession } from '@famjs/zoo';
import { loadModelFolder, shippedModel } from '@famjs/zoo/node';

await setBackend('auto'); // Node: tensorflow, webgpu, wasm, cpu; pages: webgpu, webgl, wasm, cpu
const model = await loadModelFolder(shippedModel('fam'));
const tokenizer = model.tokenizer!;

const key = 'The pass key is 90817. Remember it. 90817 is the pass key.';
const head =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. ' +
  `I will quiz you about the important information there. ${key}`;
const filler = ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.';

const session = startSession(model);
await session.read([tokenizer.encode(head + filler.repeat(500))]); // any length: the session does not grow
const aside = session.fork(); // asks without being changed by it
await aside.read([tokenizer.encode(' What is the pass key? The pass key is', { specialTokens: false })]);

let answer = '';
for await (const [token] of aside.next({ limit: 5 })) answer += tokenizer.decode([token!]);
console.log(answer.replaceAll(/\D/g, ''));
