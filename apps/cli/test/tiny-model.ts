/** Folders of small random models, made for the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BackendName, setBackend } from '@famjs/backends';
import { passKeyRecipe, passKeyTokenizerJson } from '@famjs/tasks';
import { disposeTraining, freshTraining } from '@famjs/trainer';
import { saveTraining } from '@famjs/trainer/node';
import { initialWeights, llamaConfig, loadTokenizer } from '@famjs/zoo';
import { saveModelFolder } from '@famjs/zoo/node';
import * as tf from '@tensorflow/tfjs-core';

/** A folder for one test file, and what removes it. */
export function temporaryFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'famjs-cli-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** An untrained model of the PassKey test with its tokenizer. */
export async function saveTinyModel(folder: string, name: 'fam' | 'bswa1' = 'fam'): Promise<void> {
  await setBackend('wasm');
  const tokenizer = loadTokenizer(passKeyTokenizerJson());
  const { config, initialWeights } = passKeyRecipe(name, tokenizer);
  const weights = initialWeights(0);
  await saveModelFolder(folder, { config, weights, tokenizer });
  tf.dispose(weights);
}

/** The checkpoint of a run that has no step left to do, although it did none. */
export async function saveFinishedTraining(
  file: string,
  seed: number,
  backend: BackendName = 'wasm',
): Promise<void> {
  await setBackend(backend);
  const { initialWeights, ...run } = passKeyRecipe('fam', loadTokenizer(passKeyTokenizerJson()));
  const state = freshTraining(initialWeights(seed), seed);
  await saveTraining(file, run, { ...state, step: run.training.steps });
  disposeTraining(state);
}

/** SmolLM2's own, with the line that every chat begins with. */
const chatTemplate = `{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system
You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
' }}{% endif %}{{'<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}`;

/** Tokens of the chat model behind the 256 bytes. */
export const chatTokens = { bos: 256, start: 257, end: 258 };

/** A tokenizer of bytes, as GPT-2 writes them, that opens a text with <s>; it chats as SmolLM2 does. */
function chatTokenizer() {
  const isPlain = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let strange = 256;
  const bytes = Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(isPlain(byte) ? byte : strange++),
  );
  const { bos, start, end } = chatTokens;
  const added = { '<s>': bos, '<|im_start|>': start, '<|im_end|>': end };
  return loadTokenizer(
    {
      model: { type: 'BPE', vocab: Object.fromEntries(bytes.map((byte, id) => [byte, id])), merges: [] },
      added_tokens: Object.entries(added).map(([content, id]) => ({
        ...{ id, content, special: true, normalized: false },
      })),
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
      decoder: { type: 'ByteLevel' },
    },
    { bos_token: '<s>', eos_token: '<|im_end|>', add_bos_token: true, chat_template: chatTemplate },
  );
}

/** An untrained Llama that reads and writes bytes, and chats. */
export async function saveChatModel(folder: string, endTokens: readonly number[]): Promise<void> {
  await setBackend('wasm');
  const config = llamaConfig({
    ...{ width: 32, heads: 2, keyValueHeads: 1, layers: 2, intermediateWidth: 48 },
    ...{ vocabularySize: 259, tiedEmbeddings: true },
    fam: { blockSize: 16, memorySegments: 3, sinks: 1, variant: 'bswa' },
  });
  const weights = initialWeights(config, 3, { embedding: 1, prompt: 1, residual: 2, head: 1 });
  await saveModelFolder(folder, { config, weights, tokenizer: chatTokenizer(), endTokens });
  tf.dispose(weights);
}
