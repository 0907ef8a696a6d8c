/** A model in a worker: the same answers, bytes and errors as in this thread, and nothing left behind when it is left early. */
import {
  CheckpointError,
  ConfigError,
  DisposedError,
  type FamError,
  SessionBusyError,
  setBackend,
  TokenError,
  WorkerLostError,
} from '@famjs/backends';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type LanguageModel,
  loadModel as loadHere,
  loadTokenizer,
  type ModelPlace,
  modelFiles,
  type Written,
} from '../src/index.ts';
import { loadModel, type WorkerModel, type WorkerOptions } from '../src/worker/index.ts';
import { smallModel, smallTokenizer, someTokens } from './small-model.ts';
import { sourceWorker } from './source-worker.ts';

const template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}";
const tokenizer = loadTokenizer(smallTokenizer.files.tokenizer, { chat_template: template });
let files: Record<string, Uint8Array>;
let here: LanguageModel;
let there: WorkerModel;

const load = async (options: WorkerOptions = {}, from: ModelPlace = files) =>
  loadModel(from, { backend: 'wasm', ...(await sourceWorker()), ...options });

beforeAll(async () => {
  await setBackend('wasm');
  files = await modelFiles({ ...smallModel(), tokenizer });
  here = await loadHere(files);
  there = await load();
}, 120_000);
afterAll(() => {
  there.dispose();
  here.dispose();
});

async function listed<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const unexpected = () => {
  throw new Error('this should have failed');
};

/** Pieces of a text without end, and how many were asked for. */
function endless(): AsyncIterable<string> & { asked: number; closed: boolean } {
  return {
    asked: 0,
    closed: false,
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          this.asked++;
          await new Promise((resolve) => setTimeout(resolve));
          yield 'ab ab';
        }
      } finally {
        this.closed = true;
      }
    },
  };
}

test('says what it is', async () => {
  expect(there).toMatchObject({
    name: here.name,
    config: here.config,
    untrained: false,
    chats: true,
    backend: { name: 'wasm' },
  });
  expect(await there.fingerprint()).toBe(await here.fingerprint());
  expect(await there.encode('ab a')).toEqual(here.tokenizer.encode('ab a'));
  expect(await there.decode([4, 5])).toBe('ab a');
});

test.runIf(typeof window !== 'undefined')('loads what lies in the file system of a page', async () => {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('small', { create: true });
  for (const [name, bytes] of Object.entries(files)) {
    const writer = await (await folder.getFileHandle(name, { create: true })).createWritable();
    await writer.write(bytes as BufferSource);
    await writer.close();
  }
  const model = await loadModel(folder, { backend: 'wasm' });
  expect(await model.fingerprint()).toBe(await here.fingerprint());
  model.dispose();
});

/** In pages there is no such folder. */
test.runIf(typeof window === 'undefined')(
  'loads a base with a memory and adapters by their places',
  async () => {
    const { checkpointPath } = await import('./checkpoints.ts');
    const base = checkpointPath('fixtures/llama');
    const added = checkpointPath('adapters/ours/llama');
    const adapters = [
      checkpointPath('adapters/llama'),
      new URL(`file://${checkpointPath('adapters/llama-rslora')}`),
    ];
    const options = { memory: added, adapters, tokenizer: false } as const;
    const model = await loadHere(base, options);
    const same = await load(options, base);
    expect(same.config).toEqual(model.config);
    expect(Object.keys(same.config.adapters!)).toEqual(['memory', 'adapter-1', 'adapter-2']);
    expect(await same.fingerprint()).toBe(await model.fingerprint());
    const sessions = [model.session(), same.session()];
    for (const session of sessions) await session.read([1, 2, 3]);
    expect(await sessions[1]!.logits()).toEqual(await sessions[0]!.logits());
    for (const end of [model, same]) end.dispose();
    await expect(load({ ...options, fam: { length: 4 } }, base)).rejects.toThrow('famLength 3, not 4');
  },
);

test('answers as in this thread, to the saved byte, and sessions go from one to the other', async () => {
  const sessions = [here.session(), there.session()] as const;
  const answers = sessions.map(async (session) => {
    await session.read('ab ab a\n');
    await session.read(someTokens(40));
    const fork = session.fork();
    expect(fork.length).toBe(session.length);
    const { tokens, logProbabilities } = await fork.score('ab b');
    const said = await listed(fork.generate(' a', { maxTokens: 8, seed: 4 }));
    const rows = await listed(session.generateTokens({ maxTokens: 5, temperature: 1, seed: 2 }));
    const asked = await session.ask('ab', { maxTokens: 6 });
    const reply = session.chat([{ role: 'user', content: 'ab' }], { maxTokens: 7 });
    const chat: (string | Written | undefined)[] = [];
    for (let done: boolean | undefined = false; !done; ) {
      const step = await reply.next();
      done = step.done;
      chat.push(step.value);
    }
    expect(chat.at(-1)).toMatchObject({ ended: 'length', tokens: 7 });
    const bytes = await session.save();
    fork.dispose();
    const logits = await session.logits();
    const { length, messages } = session;
    return { tokens, logProbabilities, said, rows, asked, chat, logits, length, messages, bytes };
  });
  const [inThread, inWorker] = await Promise.all(answers);
  expect(inWorker!.messages).toHaveLength(2);
  expect({ ...inWorker, bytes: 0, messages: 0 }).toEqual({ ...inThread, bytes: 0, messages: 0 });
  expect(inWorker!.messages).toEqual(inThread!.messages);

  const back = await here.restore(inWorker!.bytes);
  const forth = await there.restore(inThread!.bytes);
  expect([forth.length, forth.messages]).toEqual([back.length, back.messages]);
  expect(forth.stateBytes).toBeGreaterThan(0);
  expect(await forth.ask('ab', { maxTokens: 5 })).toBe(await back.ask('ab', { maxTokens: 5 }));
  await forth.reset();
  expect([forth.length, forth.messages]).toEqual([0, []]);
  for (const session of [...sessions, back, forth]) session.dispose();
});

test('tells of progress, and takes text that is still coming at the pace at which it is read', async () => {
  const session = there.session();
  const seen: number[] = [];
  await session.read(someTokens(200), { onProgress: ({ tokens }) => seen.push(tokens) });
  expect(seen.at(-1)).toBe(200);
  const text = endless();
  const stop = new AbortController();
  const reading = session.read(text, { signal: stop.signal });
  while (text.asked < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  const reason = new Error('enough');
  stop.abort(reason);
  expect(await reading.catch((error) => error)).toBe(reason);
  const { asked } = text;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(text.asked).toBeLessThan(asked + 2);
  expect(text.closed).toBe(true);
  expect(await session.read([1]).then(() => session.length)).toBe(201);
  session.dispose();
});

test('writes no further than it is read, and left early leaves nothing behind', async () => {
  const before = await there.memory();
  const session = there.session();
  await session.read('ab ab');
  const start = session.length;
  let count = 0;
  for await (const _ of session.generateTokens({ maxTokens: 1000 })) {
    if (++count < 3) continue;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const fork = session.fork();
    await fork.logits();
    expect([session.length, fork.length]).toEqual([start + 3, start + 3]);
    fork.dispose();
    await expect(session.read('a')).rejects.toThrow(SessionBusyError);
    break;
  }
  await session.read('a');
  expect(session.length).toBe(start + 4);
  const one = await there.memory();
  for (let i = 0; i < 5; i++) {
    for await (const _ of session.generate('ab', { maxTokens: 1000 })) break;
    await session.read(endless(), { signal: AbortSignal.timeout(30) }).catch(() => {});
    await session.read(['no']).catch(() => {});
  }
  await session.reset();
  await session.read('ab ab');
  expect((await there.memory()).tensors).toBe(one.tensors);
  session.dispose();
  // The weights that sessions share are joined once, by the first.
  const after = await there.memory();
  expect(after.tensors).toBeLessThan(one.tensors);
  const second = there.session();
  await second.read('ab');
  second.dispose();
  expect(await there.memory()).toEqual(after);
  expect(before.tensors).toBeGreaterThan(0);
});

describe('fails as in this thread', () => {
  test('with the same errors, in three parts', async () => {
    const sessions = [here.session(), there.session()] as const;
    const calls: [
      new (...args: never[]) => FamError,
      (session: (typeof sessions)[number]) => Promise<unknown>,
    ][] = [
      [TokenError, (session) => session.read([400])],
      [ConfigError, (session) => session.read('ab', { signal: 3 } as never)],
      [ConfigError, (session) => listed(session.generate('ab', { maxTokens: -1 }))],
      [ConfigError, (session) => listed(session.chat([{ role: 'user' } as never]))],
    ];
    for (const [kind, call] of calls) {
      const [inThread, inWorker] = await Promise.all(
        sessions.map((session) => call(session).then(unexpected, (error: FamError) => error)),
      );
      expect(inWorker).toBeInstanceOf(kind);
      expect(inWorker!.complaint).toEqual(inThread!.complaint);
      expect(inWorker!.message).toBe(inThread!.message);
    }
    const [, session] = sessions;
    await expect(session.read(Promise.resolve('ab') as never)).rejects.toThrow(ConfigError);
    await expect(there.session({ rows: 0 }).read('ab')).rejects.toThrow(ConfigError);
    await expect(there.restore(new Uint8Array(9))).rejects.toThrow(CheckpointError);
    expect(session.length).toBe(0);
    for (const each of sessions) each.dispose();
    await expect(session.read('ab')).rejects.toThrow(DisposedError);
    expect(() => session.length).toThrow(DisposedError);
  });

  test('with the very error of its caller', async () => {
    const session = there.session();
    const mine = new RangeError('mine');
    const text = async function* () {
      yield 'ab';
      throw mine;
    };
    expect(await session.read(text()).catch((error) => error)).toBe(mine);
    const stopping = session.read(endless(), {
      onProgress: () => {
        throw mine;
      },
    });
    expect(await stopping.catch((error) => error)).toBe(mine);
    expect(await session.read('ab', { signal: AbortSignal.abort(mine) }).catch((error) => error)).toBe(mine);
    expect(await session.read('ab', { signal: AbortSignal.abort() }).catch(({ name }) => name)).toBe(
      'AbortError',
    );
    session.dispose();
  });

  test('when the session ends first', async () => {
    const session = there.session();
    const reading = session.read(endless());
    session.dispose();
    await expect(reading).rejects.toThrow(DisposedError);
  });
});

describe('the worker', () => {
  test('ends with the model, and calls in flight with it', async () => {
    const model = await load();
    const session = model.session();
    const reading = session.read(endless());
    model.dispose();
    await expect(reading).rejects.toThrow(DisposedError);
    await expect(session.save()).rejects.toThrow(DisposedError);
    await model[Symbol.asyncDispose]();
  });

  test('ends with a load that fails, or is stopped', async () => {
    const broken = { ...files, 'config.json': new Uint8Array(2) };
    const { worker } = await sourceWorker();
    const given = worker ? { worker } : {};
    await expect(loadModel(broken, { backend: 'wasm', ...given })).rejects.toThrow(CheckpointError);
    const stop = new AbortController();
    const reason = new Error('not now');
    const loading = load({ signal: stop.signal });
    stop.abort(reason);
    expect(await loading.catch((error) => error)).toBe(reason);
    const mine = new Error('mine');
    const onProgress = () => {
      throw mine;
    };
    expect(await load({ onProgress }).catch((error) => error)).toBe(mine);
  });

  test('that dies fails what is in flight, by name', async () => {
    const worker = (await sourceWorker()).worker ?? ownWorker();
    const model = await loadModel(files, { backend: 'wasm', worker });
    const session = model.session();
    const calls = [session.read(endless()), session.save(), model.memory()];
    worker.terminate();
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { name: 'WorkerLostError' } });
    }
    await expect(session.read('ab')).rejects.toThrow(WorkerLostError);
    model.dispose();
  });
});

/** As a page has one that bundles the worker's script itself. */
const ownWorker = () =>
  new Worker(new URL('../src/worker/serve.browser.ts', import.meta.url), { type: 'module' });
