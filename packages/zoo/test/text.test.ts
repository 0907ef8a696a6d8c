/** Reading text: whole, in pieces, as it comes, in rows, until someone breaks it off. */
import { Readable } from 'node:stream';
import { ShapeError, setBackend } from '@famjs/backends';
import { describe, expect, test } from 'vitest';
import { languageModel, type Tokenizer } from '../src/index.ts';
import { smallLanguageModel, smallTokenizer } from './small-model.ts';

await setBackend('wasm');

const model = smallLanguageModel();
const text = 'ab a€b é\nba '.repeat(40);

async function* pieces(of: string, length: number): AsyncGenerator<string> {
  for (let at = 0; at < of.length; at += length) yield of.slice(at, at + length);
}

const logits = async (input: Parameters<ReturnType<typeof model.session>['read']>[0], rows = 1) => {
  const session = model.session({ rows });
  await session.read(input);
  const result = [session.length, ...(await session.logits())!];
  session.dispose();
  return result;
};

describe('a text', () => {
  test('is read as its tokens are', async () => {
    const expected = await logits(smallTokenizer.encode(text));
    expect(await logits(text)).toEqual(expected);
    expect(await logits([text])).toEqual(expected);
    expect(await logits(pieces(text, 7))).toEqual(expected);
    expect(await logits(pieces(text, 5000))).toEqual(expected);
    const body: AsyncIterable<string> = Readable.from([text.slice(0, 99), text.slice(99)]);
    expect(await logits(body)).toEqual(expected);
  });

  test('stands beside others in rows', async () => {
    const mirrored = text.replaceAll('a', 'b');
    const [a, b] = [text, mirrored].map((each) => smallTokenizer.encode(each));
    const length = Math.min(a!.length, b!.length);
    const cut = [a, b].map((tokens) => smallTokenizer.decode(tokens!.slice(0, length - 20)));
    const tokens = cut.map((each) => smallTokenizer.encode(each));
    if (tokens[0]!.length === tokens[1]!.length) {
      expect(await logits([pieces(cut[0]!, 9), cut[1]!], 2)).toEqual(await logits(tokens, 2));
    }
    await expect(logits([pieces('ab', 1), 'ab a'], 2)).rejects.toThrow(/go on for 1, 2/);
  });

  test('opens a session with its special tokens, once', async () => {
    const opening: Tokenizer = {
      ...smallTokenizer,
      encode: (part, { specialTokens = true } = {}) => [
        ...(specialTokens ? [10] : []),
        ...smallTokenizer.encode(part),
      ],
    };
    const session = languageModel({ ...model, tokenizer: opening }).session();
    await session.read('ab');
    await session.read('ab');
    expect(session.length).toBe(3);
    session.dispose();
  });

  test('that is broken off closes where it comes from', async () => {
    const session = model.session();
    let close!: () => void;
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    async function* endless() {
      try {
        for (;;) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield text;
        }
      } finally {
        close();
      }
    }
    const controller = new AbortController();
    const reading = session.read(endless(), { signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    await expect(reading).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(session.length).toBe(0);
    await closed;
  });

  test('that never comes can be broken off too', async () => {
    const session = model.session();
    const never: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    };
    await expect(session.read(never, { signal: AbortSignal.timeout(5) })).rejects.toThrow(
      expect.objectContaining({ name: 'TimeoutError' }),
    );
    expect(session.length).toBe(0);
  });

  test('that fails on its way leaves the session as it was', async () => {
    const session = model.session();
    async function* broken() {
      yield text;
      throw new Error('no more');
    }
    await expect(session.read(broken())).rejects.toThrow('no more');
    await expect(session.read('')).rejects.toThrow(ShapeError);
    expect(session.length).toBe(0);
  });

  test('tells how far it has come', async () => {
    const session = model.session({ blocksPerScan: 2 });
    const seen: unknown[] = [];
    await session.read(smallTokenizer.encode(text).slice(0, 40), { onProgress: (at) => seen.push(at) });
    expect(seen).toEqual([16, 32, 40].map((tokens) => ({ tokens, total: 40 })));
  });
});
