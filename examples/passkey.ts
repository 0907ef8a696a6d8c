/** The PassKey test of a shipped model. */
import { setBackend } from '@famjs/backends';
import { evaluatePassKey } from '@famjs/tasks';
import { loadModel } from '@famjs/zoo';

await setBackend('auto');
const model = await loadModel('passkey-fam');
for await (const event of evaluatePassKey(model, model.tokenizer, {
  fillers: [100, 1000],
  keys: 10,
  seed: 0,
})) {
  if (event.type === 'scored') console.log(`${event.filler} tokens: ${100 * event.score.exact.share} %`);
}
