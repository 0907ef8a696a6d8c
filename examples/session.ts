/** A session of a shipped model, which knows the words of the PassKey test and no others. */
import { setBackend } from '@famjs/backends';
import { loadModel } from '@famjs/zoo';

await setBackend('auto'); // Node: tensorflow, webgpu, wasm, cpu; pages: webgpu, webgl, wasm, cpu
const model = await loadModel('passkey-fam'); // also: a folder, a .gguf, a URL, owner/name of the Hub, files

const key = 'The pass key is 90817. Remember it. 90817 is the pass key.';
const head =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. ' +
  `I will quiz you about the important information there. ${key}`;
const filler = ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.';

const session = model.session();
await session.read(head + filler.repeat(500)); // any length: the session does not grow
const answer = await session.ask(' What is the pass key? The pass key is', { maxTokens: 5 });
console.log(answer.trim());
