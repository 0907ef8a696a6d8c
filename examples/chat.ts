/** A chat with a pretrained model by its own template: it streams, and the session remembers what was said. */
import { setBackend } from '@famjs/backends';
import { loadModel } from '@famjs/zoo';

await setBackend('auto');
const model = await loadModel(process.argv[2] ?? 'HuggingFaceTB/SmolLM2-135M-Instruct');
const session = model.session();

for (const content of ['Name three fruits.', 'Which of them are yellow?']) {
  console.log(`> ${content}`);
  for await (const text of session.chat([{ role: 'user', content }], { temperature: 0, maxTokens: 60 })) {
    process.stdout.write(text); // as it comes
  }
  console.log();
}
