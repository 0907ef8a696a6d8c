/** The Memento scene: the same model, the same text, asked with its FAM and with a blank one. */
import { setBackend } from '@famjs/backends';
import { loadModel } from '@famjs/zoo';

await setBackend('auto');
const model = await loadModel('passkey-fam');
const head =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. ' +
  'I will quiz you about the important information there. The pass key is 90817. Remember it. 90817 is the pass key.';
const filler = ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.';
const question = ' What is the pass key? The pass key is';

const remembers = async () => (await session.ask(question, { maxTokens: 5 })).trim() === '90817';

const session = model.session();
await session.read(head + filler.repeat(100)); // the window of 64 tokens left the key long ago
console.log('with its FAM:', await remembers());

await session.reset(); // FAM is what it was before anything was read
await session.read(filler);
console.log('without it:', await remembers());
