/** A real model, SmolLM2-135M-Instruct, speaks as it does in its own library, and reads on where its context ends. */
import { readFile } from 'node:fs/promises';
import { setBackend } from '@famjs/backends';
import { type FamChoices, famConfig, stateTensors } from '@famjs/layer';
import { isQuantised } from '@famjs/ops';
import { expectClose, startedBackends } from '@famjs/testing';
import { describeReal, realModel, realText } from '@famjs/testing/real';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LanguageModel, languageModel, loadModel, type Session } from '../src/index.ts';

/** Emulated GPUs would take hours. */
const backends = startedBackends.filter((name) => name === 'wasm' || name === 'tensorflow');

/** Of transformers, from float32 of the same weights. */
const continuations = {
  'The capital of France is': ' Paris.\n\nThe answer is: 2018-01-22 ',
  'Once upon a time, there was a':
    ' small town nestled in the heart of a bustling city. The town was known for its vibrant arts and',
};

describeReal('SmolLM2', { file: realModel(), book: realText('emma') }, ({ file, book }) => {
  describe.each(backends)('on %s', (backend) => {
    let model: LanguageModel;
    let before: { buffers: number; heap: number };
    beforeAll(async () => {
      await setBackend(backend);
      before = { buffers: tf.memory().numDataBuffers, heap: heapBytes() };
      model = await loadModel(file);
    }, 120_000);
    afterAll(() => model?.dispose());

    /** The same weights with another view of the text. */
    const seeing = (fam: FamChoices) =>
      languageModel({ ...model, config: { ...model.config, fam: famConfig(fam) } });

    test('reads digits one by one', () => {
      const tokens = [504, 1301, 1646, 314, 216, 41, 32, 40, 33, 39, 30, 657, 506, 1535];
      expect(model.tokenizer.encode("The pass key is 90817. It's here")).toEqual(tokens);
    });

    test('is a plain model that sees 4,096 tokens and the first one', () => {
      const seen = { blockSize: 256, memorySegments: 15, famLength: 0, sinks: 1 };
      expect(model.config.fam).toMatchObject(seen);
      expect(model.untrained).toBe(false);
    });

    test('holds its weights once, also when a session has read', async () => {
      const weights = Object.values(model.weights).flatMap((held) =>
        isQuantised(held) ? held.pieces : [held],
      );
      using session = model.session();
      await session.read('It was a');
      // Besides, there is the activation of the last token.
      const held = weights.length + Object.keys(stateTensors(session.state)).length + 1;
      expect(tf.memory().numDataBuffers - before.buffers).toBe(held);
      // A heap grows by a fifth at a time.
      const bytes = weights.reduce((sum, { size }) => sum + 4 * size, 0);
      expect(heapBytes() - before.heap).toBeLessThan(1.3 * bytes);
    });

    test.each(Object.entries(continuations))('goes on from "%s"', async (prompt, expected) => {
      using session = model.session();
      expect(await textOf(session.generate(prompt, { maxTokens: 20, temperature: 0 }))).toBe(expected);
    });

    test('answers by its chat template, and stops', async () => {
      using session = model.session();
      const question = [{ role: 'user', content: 'Name three fruits.' }];
      const answer = await textOf(session.chat(question, { maxTokens: 30, temperature: 0 }));
      expect(answer).toBe('1. Bananas\n2. Oranges\n3. Grapes');
    });

    test('a further session costs its state and no weights', async () => {
      using first = model.session();
      await first.read('It was a');
      const before = tf.memory().numBytes;
      using second = model.session();
      await second.read('It was a');
      expect(tf.memory().numBytes - before).toBeLessThan(5e6);
    });

    // Long for two cores: the numbers are those of one backend, and what is per backend is held by the tests above.
    test.runIf(backend === backends[0])(
      'needs the first token once it no longer sees everything',
      async () => {
        const text = await readFile(book, 'utf8');
        const tokens = model.tokenizer.encode(text.slice(0, 10_000)).slice(0, 1024);
        const loss = async (memorySegments: number, sinks: number) => {
          using view = seeing({ blockSize: 256, memorySegments, sinks });
          return await lossOf(view, tokens, 640);
        };
        const [whole, withSink, without] = [await loss(3, 1), await loss(1, 1), await loss(1, 0)];
        // Of transformers, which was given masks of what each token sees.
        await expectClose([whole, without], [3.3993, 4.0211], { absolute: 1e-4, relative: 0 });
        // There the sink stays where the text began; here it stands before the window.
        await expectClose([withSink], [3.4868], { absolute: 0.002, relative: 0 });
      },
    );

    test('reads on at the size at which its context was full', async () => {
      const text = await readFile(book, 'utf8');
      const tokens = model.tokenizer.encode(text.slice(0, 5_000));
      const narrow = seeing({ blockSize: 64, memorySegments: 3, sinks: 1 });
      using session = narrow.session();
      const sizes: number[] = [];
      for (let at = 0; at < 768; at += 192) {
        await session.read(tokens.slice(at, at + 192));
        sizes.push((await session.save()).byteLength);
      }
      narrow.dispose();
      expect(new Set(sizes.slice(1).map((size) => Math.round(size / 1000))).size).toBe(1);
    });
  });
});

/** The heap of the wasm backend, which never shrinks; 0 on others. */
const heapBytes = () =>
  (tf.engine().backend as { wasm?: { HEAPU8: Uint8Array } }).wasm?.HEAPU8.byteLength ?? 0;

async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

/** Mean loss of the tokens from `from` on. */
async function lossOf(model: LanguageModel, tokens: readonly number[], from: number): Promise<number> {
  using session: Session = model.session();
  await session.read(tokens.slice(0, from));
  const { logProbabilities } = await session.score(tokens.slice(from));
  return -logProbabilities.reduce((sum, value) => sum + value) / logProbabilities.length;
}
