/** Sessions: reading in any pieces, forking, saving, stopping, in order, in memory that does not grow. */
import { CheckpointError, DisposedError, SessionBusyError, ShapeError, TokenError } from '@famjs/backends';
import { describeEachBackendOnce, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { languageModel, type Session, softmax } from '../src/index.ts';
import { smallLanguageModel, smallModel, someTokens } from './small-model.ts';

const model = () => smallLanguageModel();
const tolerance = { relative: 1e-5, absolute: 1e-6 };

async function logitsAfter(session: Session): Promise<number[]> {
  return (await session.logits())!.flatMap((row) => Array.from(row));
}

/** What the first backend wrote. */
let written: number[] | undefined;

describeEachBackendOnce('a session', () => {
  test('reads a text in any pieces to the same end', async () => {
    const whole = model().session();
    await whole.read(someTokens(29));
    for (const schedule of ['step', 'scan'] as const) {
      const pieces = whole.model.session({ blocksPerScan: 1, schedule });
      for (const [from, to] of [
        [0, 3],
        [3, 4],
        [4, 21],
        [21, 29],
      ] as const) {
        await pieces.read(someTokens(29).slice(from, to));
      }
      expect(pieces.length).toBe(29);
      await expectClose(await logitsAfter(pieces), await logitsAfter(whole), tolerance);
      pieces.dispose();
    }
    whole.dispose();
  });

  test('reads rows side by side as it reads each alone', async () => {
    const rows = [someTokens(21), someTokens(21, 5), someTokens(21, 9)];
    const together = model().session({ rows: 3 });
    await together.read(rows);
    const alone: number[] = [];
    for (const row of rows) {
      const session = together.model.session();
      await session.read(row);
      alone.push(...(await logitsAfter(session)));
      session.dispose();
    }
    await expectClose(await logitsAfter(together), alone, tolerance);
    together.dispose();
  });

  test('reads what was called first, first, although nobody waits', async () => {
    const session = model().session();
    const calls = [session.read(someTokens(49)), session.read(someTokens(16, 49))];
    const fork = session.fork();
    const logits = session.logits();
    expect(() => session.state).toThrow(SessionBusyError);
    await Promise.all([...calls, logits, fork.logits()]);
    expect([session.length, fork.length]).toEqual([65, 65]);
    const straight = session.model.session();
    await straight.read(someTokens(65));
    const expected = await logitsAfter(straight);
    await expectClose([...(await logits)![0]!], expected, tolerance);
    await expectClose(await logitsAfter(fork), expected, tolerance);
    for (const each of [session, fork, straight]) each.dispose();
  });

  test('generates what reading its own output would', async () => {
    const session = model().session();
    await session.read(someTokens(14));
    const generated: number[] = [];
    for await (const [token] of session.generateTokens({ maxTokens: 12 })) generated.push(token!);
    expect(session.length).toBe(26);
    written ??= generated;
    expect(generated).toEqual(written);
    for (let i = 0; i < generated.length; i++) {
      const fresh = session.model.session();
      await fresh.read([...someTokens(14), ...generated.slice(0, i)]);
      const logits = await logitsAfter(fresh);
      expect(logits.indexOf(Math.max(...logits))).toBe(generated[i]);
      fresh.dispose();
    }
    session.dispose();
  });

  test('scores a text as its logits say, whatever the pieces', async () => {
    const session = model().session();
    const text = someTokens(45);
    const expected: number[] = [];
    for (const token of text) {
      const logits = await session.logits();
      if (logits) expected.push(Math.log(softmax(logits[0]!)[token]!));
      await session.read([token]);
    }
    session.dispose();
    for (const pieces of [[45], [1, 44], [13, 3, 29]]) {
      const scoring = session.model.session({ blocksPerScan: 2 });
      const scored: number[] = [];
      let at = 0;
      for (const size of pieces) {
        const { tokens, logProbabilities } = await scoring.score(text.slice(at, at + size));
        expect(tokens).toEqual(text.slice(at, at + size));
        scored.push(...logProbabilities);
        at += size;
      }
      expect(scoring.length).toBe(45);
      expect(scored[0]).toBeNaN();
      await expectClose(scored.slice(1), expected, { relative: 1e-4, absolute: 1e-5 });
      scoring.dispose();
    }
  });

  test('is reset to where it began, and leaves nothing behind', async () => {
    const session = model().session({ origin: 7 });
    const start = session.fork();
    await session.read(someTokens(29));
    await session.reset();
    expect([session.length, await session.logits()]).toEqual([0, undefined]);
    expect(session.state.rows).toEqual(start.state.rows);
    for (const each of [session, start]) await each.read(someTokens(11));
    expect(await logitsAfter(session)).toEqual(await logitsAfter(start));
    session.dispose();
    start.dispose();
  });

  test('forks into two that do not touch each other', async () => {
    const session = model().session();
    await session.read(someTokens(13));
    const before = await logitsAfter(session);
    const fork = session.fork();
    await fork.read(someTokens(20, 3));
    expect(await logitsAfter(session)).toEqual(before);
    fork.dispose();
    await session.read(someTokens(9, 13));
    const straight = session.model.session();
    await straight.read(someTokens(22));
    await expectClose(await logitsAfter(session), await logitsAfter(straight), tolerance);
    session.dispose();
    straight.dispose();
  });

  test.each([undefined, 1234])(
    'goes on from its saved bytes as if never interrupted, origin %s',
    async (origin) => {
      const session = model().session(origin === undefined ? {} : { origin });
      await session.read(someTokens(29));
      const restored = await session.model.restore(await session.save());
      expect(restored.length).toBe(29);
      expect(await logitsAfter(restored)).toEqual(await logitsAfter(session));
      for (const each of [session, restored]) await each.read(someTokens(11, 29));
      expect(await logitsAfter(restored)).toEqual(await logitsAfter(session));
      expect(await restored.save()).toEqual(await session.save());
      session.dispose();
      restored.dispose();
    },
  );

  test('holds no more as the text grows, shares the weights, and gives all of it back', async () => {
    const shared = model();
    shared.session().dispose();
    const before = tf.memory();
    const session = shared.session();
    /** Tensors and bytes after each token of two blocks, in which the log of one segment is filled and cut again. */
    const held = async () => {
      const found: string[] = [];
      for (let i = 0; i < 16; i++) {
        await session.read(someTokens(1, i));
        const { numTensors, numBytes } = tf.memory();
        found.push(`${numTensors} ${numBytes}`);
      }
      return found;
    };
    await session.read(someTokens(64));
    await held();
    const onceFull = await held();
    await session.read(someTokens(640));
    await held();
    expect(await held()).toEqual(onceFull);
    session.dispose();
    const after = tf.memory();
    expect([after.numTensors, after.numBytes]).toEqual([before.numTensors, before.numBytes]);
    shared.dispose();
    tf.dispose(shared.weights);
  });

  test('an aborted read leaves the session as it was, and nothing behind', async () => {
    const session = model().session({ blocksPerScan: 1 });
    await session.read(someTokens(10));
    const before = await logitsAfter(session);
    const { numTensors } = tf.memory();
    const controller = new AbortController();
    const reading = session.read(someTokens(4000), {
      signal: controller.signal,
      onProgress: ({ tokens }) => {
        if (tokens > 100) controller.abort();
      },
    });
    await expect(reading).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(await logitsAfter(session)).toEqual(before);
    session.dispose();
  });

  test('that is disposed of in the middle of a read ends it, and leaves nothing behind', async () => {
    const shared = model();
    shared.session().dispose();
    const { numTensors } = tf.memory();
    const session = shared.session({ blocksPerScan: 1 });
    const reading = session.read(someTokens(4000));
    const writing = session.generateTokens({ maxTokens: 3 }).next();
    setTimeout(() => session.dispose(), 20);
    await expect(reading).rejects.toThrow(DisposedError);
    await expect(writing).rejects.toThrow(DisposedError);
    await expect(session.read([1])).rejects.toThrow(DisposedError);
    expect(() => session.fork()).toThrow(DisposedError);
    expect(tf.memory().numTensors).toBe(numTensors);
    tf.dispose(shared.weights);
  });

  test('refuses what it cannot read, before it reads any of it', async () => {
    const session = model().session({ rows: 2 });
    const { numTensors } = tf.memory();
    const outside = [
      [1, 2],
      [3, 11],
    ];
    await expect(session.read(outside)).rejects.toThrow(TokenError);
    await expect(session.read([[1, 2], [3]])).rejects.toThrow(ShapeError);
    await expect(session.read([[1, 2]])).rejects.toThrow(ShapeError);
    await expect(session.generateTokens({ maxTokens: 1 }).next()).rejects.toThrow(ShapeError);
    await expect(session.score([[1], [2]])).rejects.toThrow(ShapeError);
    expect(await session.logits()).toBeUndefined();
    expect([session.length, tf.memory().numTensors]).toEqual([0, numTensors]);
    session.dispose();
  });

  test('gives a fork what was yielded so far while it writes, and nothing else to anyone', async () => {
    const session = model().session();
    await session.read(someTokens(9));
    const writing = session.generateTokens({ maxTokens: 5 });
    await writing.next();
    await writing.next();
    await expect(session.read([1])).rejects.toThrow(SessionBusyError);
    await expect(session.logits()).rejects.toThrow(SessionBusyError);
    await expect(session.save()).rejects.toThrow(SessionBusyError);
    await expect(session.generateTokens({ maxTokens: 1 }).next()).rejects.toThrow(SessionBusyError);
    const fork = session.fork();
    expect(fork.length).toBe(11);
    await writing.return();
    expect(session.length).toBe(11);
    expect(await logitsAfter(session)).toEqual(await logitsAfter(fork));
    session.dispose();
    fork.dispose();
  });

  test('is refused by another model, which is named, and leaves nothing behind', async () => {
    const session = model().session();
    await session.read(someTokens(12));
    const bytes = await session.save();
    session.dispose();
    const others = [
      { ...smallModel({ famLength: 2 }), name: 'shorter' },
      { ...smallModel({ position: 'float' }), name: 'turning' },
      { ...smallModel(), name: 'trained' },
    ];
    const norm = others[2]!.weights as Record<string, tf.Tensor>;
    norm['model.norm.weight'] = tf.add(norm['model.norm.weight']!, 1e-3);
    const { numTensors } = tf.memory();
    for (const other of others) {
      const refused = languageModel(other).restore(bytes);
      await expect(refused).rejects.toThrow(CheckpointError);
      await expect(refused).rejects.toThrow(new RegExp(`"small" .*"${other.name}"`));
    }
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
