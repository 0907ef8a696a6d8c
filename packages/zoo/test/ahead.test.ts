/** Looking ahead: a GPU reads the likeliest token on while its logits are on their way, and what they say is what counts. */
import { NonFiniteError } from '@famjs/backends';
import { isQuantised } from '@famjs/ops';
import { describeEachGpu } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  initialWeights,
  languageModel,
  llamaConfig,
  loadModel,
  modelFiles,
  mostLikely,
  type Session,
} from '../src/index.ts';
import { smallModel, smallTokenizer, someTokens } from './small-model.ts';

/** What the running backend is asked for until the test ends: values, to read a token, and to begin with what it was given. */
function asked(onRead = () => {}): string[] {
  const events: string[] = [];
  const backend = tf.backend() as tf.KernelBackend & { queue?: GPUQueue };
  const { read, queue } = backend;
  const reading = vi.spyOn(backend, 'read').mockImplementation(async (id) => {
    events.push('asked');
    onRead();
    const values = await read.call(backend, id);
    events.push('arrived');
    return values;
  });
  const embedding = tf.getKernel('famjs/Embedding', tf.getBackend())!;
  const { kernelFunc } = embedding;
  embedding.kernelFunc = (given) => {
    events.push('read on');
    return kernelFunc(given);
  };
  const submit = queue?.submit.bind(queue);
  const submitting =
    queue &&
    vi.spyOn(queue, 'submit').mockImplementation((buffers) => {
      events.push('submitted');
      return submit!(buffers);
    });
  onTestFinished(() => {
    embedding.kernelFunc = kernelFunc;
    for (const spy of [reading, submitting]) spy?.mockRestore();
  });
  return events;
}

async function started(model: Parameters<typeof languageModel>[0] = smallModel()): Promise<Session> {
  const session = languageModel({ tokenizer: smallTokenizer, ...model }).session();
  await session.read(someTokens(12));
  return session;
}

const likeliest = async (session: Session) => mostLikely((await session.logits())![0]!);

/** A small model whose two likeliest tokens are always equally likely: 3 and 66, or 7 and 70. */
function twins(): ReturnType<typeof smallModel> {
  const config = { ...smallModel().config, vocabularySize: 72, tiedEmbeddings: false };
  const sign = (token: number) => (token % 63 === 3 ? 1 : token % 63 === 7 ? -1 : 0);
  const head = Array.from({ length: 72 }, (_, token) => Array<number>(16).fill(sign(token)));
  return { config, weights: { ...initialWeights(config, 0), 'lm_head.weight': tf.tensor2d(head) } };
}

describeEachGpu('a session that looks ahead', (backend) => {
  test('has the next token computed before the logits of the last arrive', async () => {
    const session = await started();
    const events = asked();
    for await (const _ of session.generateTokens({ maxTokens: 3 })) events.push('yielded');
    const step =
      backend === 'webgpu'
        ? 'asked submitted read on submitted arrived yielded'
        : 'asked read on arrived yielded';
    expect(events.join(' ')).toBe([step, step, step].join(' '));
    session.dispose();
  });

  test('comes to where reading leads, with rows side by side and a quantised vocabulary', async () => {
    const config = llamaConfig({
      ...{ width: 32, heads: 2, keyValueHeads: 1, layers: 1, theta: 1000, intermediateWidth: 32 },
      ...{ vocabularySize: 11, tiedEmbeddings: true, fam: { blockSize: 8, famLength: 3 } },
    });
    const weights = initialWeights(config, 0, { embedding: 1.4, prompt: 1.4, residual: 2, head: 1 });
    const files = await modelFiles({ config, weights });
    using model = await loadModel(files, { tokenizer: false, dtype: 'q8' });
    using session = model.session({ rows: 2 });
    await session.read([someTokens(12), someTokens(12, 5)]);
    using straight = session.fork();
    for await (const tokens of session.generateTokens({ maxTokens: 3 })) {
      expect(tokens).toEqual((await straight.logits())!.map(mostLikely));
      await straight.read(tokens.map((token) => [token]));
    }
    expect(Object.values(model.weights).filter(isQuantised).length).toBeGreaterThan(0);
    expect(await session.logits()).toEqual(await straight.logits());
  });

  test('waits for them where they are changed before a token is chosen', async () => {
    const session = await started();
    const events = asked();
    for (const options of [{ temperature: 1 }, { repetitionPenalty: 1.2 }]) {
      for await (const _ of session.generateTokens({ ...options, maxTokens: 1 })) events.push('yielded');
    }
    const step = 'asked arrived read on yielded';
    expect(events.filter((event) => event !== 'submitted').join(' ')).toBe(`${step} ${step}`);
    session.dispose();
  });

  test('takes the first of equals, whichever its device takes, and guesses no more', async () => {
    const session = await started(twins());
    const straight = session.fork();
    const { numTensors } = tf.memory();
    const tokens: number[] = [];
    const events = asked();
    for await (const [token] of session.generateTokens({ maxTokens: 3 })) tokens.push(token!);
    // webgpu compares in lanes of 64, and takes 66 or 70.
    if (backend === 'webgpu') expect(events.filter((event) => event === 'read on')).toHaveLength(1 + 3);
    expect(tf.memory().numTensors).toBe(numTensors);
    for (const token of tokens) {
      expect(token).toBe(await likeliest(straight));
      await straight.read([token]);
    }
    expect(await session.logits()).toEqual(await straight.logits());
    session.dispose();
    straight.dispose();
  });

  test('leaves nothing of a guess at an end token, after an abort, or after logits that are no numbers', async () => {
    const session = await started();
    const before = await session.logits();
    const ending = await started({ ...session.model, endTokens: [mostLikely(before![0]!)] });
    const { config, weights } = smallModel();
    const norm = { 'model.norm.weight': tf.fill([16], Number.NaN) };
    const broken = await started({ config, weights: { ...weights, ...norm } });
    const { numTensors, numBytes } = tf.memory();

    const end = await ending.generate({ maxTokens: 3 }).next();
    expect(end).toMatchObject({ done: true, value: { ended: 'end', tokens: 0 } });
    await expect(broken.generateTokens({ maxTokens: 3 }).next()).rejects.toThrow(NonFiniteError);
    const controller = new AbortController();
    asked(() => controller.abort());
    const writing = session.generateTokens({ maxTokens: 3, signal: controller.signal });
    await expect(writing.next()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));

    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    expect([session.length, ending.length, broken.length]).toEqual([12, 12, 12]);
    for (const each of [session, ending]) expect(await each.logits()).toEqual(before);
    for (const each of [session, ending, broken]) each.dispose();
  });
});
