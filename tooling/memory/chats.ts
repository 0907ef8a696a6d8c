/**
 * Prints what a model answers to questions, as chats that its memory is trained on, so that with it the model answers as before. It
 * prints a line of JSONL an answer, sampled, and cut behind its last whole sentence, or item of a list.
 *
 *     tsx tooling/memory/chats.ts SmolLM2-135M-Instruct.Q4_1.gguf tooling/memory/questions.txt 0.7
 */
import { readFileSync } from 'node:fs';
import { setBackend } from '@famjs/backends';
import { loadModel } from '@famjs/zoo';

const [place, file, temperature] = process.argv.slice(2) as [string, string, string];
await setBackend('wasm');
const model = await loadModel(place);
const questions = readFileSync(file, 'utf8').trim().split('\n');
for (const [seed, content] of questions.entries()) {
  const session = model.session();
  const question = { role: 'user', content };
  let answer = '';
  for await (const text of session.chat([question], {
    ...{ temperature: Number(temperature), topP: 0.9, seed, maxTokens: 100 },
  })) {
    answer += text;
  }
  session.dispose();
  const whole = answer
    .trim()
    .replace(/(?<=[.!?])[^.!?]*$/s, '')
    .replace(/\s*\n\d+\.$/, '');
  process.stdout.write(
    `${JSON.stringify({ messages: [question, { role: 'assistant', content: whole }] })}\n`,
  );
}
