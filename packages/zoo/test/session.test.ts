/** Sessions: reading in any pieces, generating, forking, saving, stopping, in memory that does not grow. */
import { CheckpointError, ShapeError, TokenError } from '@famjs/backends';
import { disposeState } from '@famjs/layer';
import { describeEachBackend, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { packState, type Session, startSession, unpackState } from '../src/index.ts';
import { smallModel, someTokens } from './small-model.ts';

const model = () => smallModel();
const tolerance = { relative: 1e-5, absolute: 1e-6 };

async function logitsAfter(session: Session): Promise<number[]> {
  return (await session.logits())!.flatMap((row) => Array.from(row));
}

describeEachBackend('a session', () => {
  test('reads a text in any pieces to the same end', async () => {
    const whole = startSession(model());
    await whole.read([someTokens(45)]);
    const pieces = startSession(whole.model, { blocksPerScan: 1 });
    for (const [from, to] of [
      [0, 3],
      [3, 4],
      [4, 30],
      [30, 45],
    ] as const) {
      await pieces.read([someTokens(45).slice(from, to)]);
    }
    await expectClose(await logitsAfter(pieces), await logitsAfter(whole), tolerance);
    whole.dispose();
    pieces.dispose();
  });

  test('reads rows side by side as it reads each alone', async () => {
    const rows = [someTokens(21), someTokens(21, 5), someTokens(21, 9)];
    const together = startSession(model(), { rows: 3 });
    await together.read(rows);
    const alone: number[] = [];
    for (const row of rows) {
      const session = startSession(together.model);
      await session.read([row]);
      alone.push(...(await logitsAfter(session)));
      session.dispose();
    }
    await expectClose(await logitsAfter(together), alone, tolerance);
    together.dispose();
  });

  test('generates what reading its own output would', async () => {
    const session = startSession(model());
    await session.read([someTokens(14)]);
    const generated: number[] = [];
    for await (const [token] of session.next({ limit: 12 })) generated.push(token!);
    for (let i = 0; i < generated.length; i++) {
      const fresh = startSession(session.model);
      await fresh.read([[...someTokens(14), ...generated.slice(0, i)]]);
      const logits = await logitsAfter(fresh);
      expect(logits.indexOf(Math.max(...logits))).toBe(generated[i]);
      fresh.dispose();
    }
    session.dispose();
  });

  test('forks into two that do not touch each other', async () => {
    const session = startSession(model());
    await session.read([someTokens(13)]);
    const before = await logitsAfter(session);
    const fork = session.fork();
    await fork.read([someTokens(20, 3)]);
    expect(await logitsAfter(session)).toEqual(before);
    fork.dispose();
    await session.read([someTokens(9, 13)]);
    const straight = startSession(session.model);
    await straight.read([someTokens(22)]);
    await expectClose(await logitsAfter(session), await logitsAfter(straight), tolerance);
    session.dispose();
    straight.dispose();
  });

  test('goes on from a saved state as if never interrupted', async () => {
    const session = startSession(model());
    await session.read([someTokens(29)]);
    const bytes = await packState(session.state);
    const restored = startSession(session.model, {}, unpackState(bytes, session.model.config));
    for (const each of [session, restored]) await each.read([someTokens(11, 29)]);
    expect(await logitsAfter(restored)).toEqual(await logitsAfter(session));
    session.dispose();
    restored.dispose();
  });

  test('holds its memory from token to token, and gives all of it back', async () => {
    const shared = model();
    const before = tf.memory();
    const session = startSession(shared);
    await session.read([someTokens(16)]);
    const counts = new Set<string>();
    for (let i = 0; i < 20; i++) {
      await session.read([someTokens(1, i)]);
      const { numTensors, numBytes } = tf.memory();
      counts.add(`${numTensors} ${numBytes}`);
    }
    expect(counts.size).toBe(1);
    session.dispose();
    const after = tf.memory();
    expect([after.numTensors, after.numBytes]).toEqual([before.numTensors, before.numBytes]);
    tf.dispose(shared.weights);
  });

  test('an aborted read leaves the session as it was, and nothing behind', async () => {
    const session = startSession(model(), { blocksPerScan: 1 });
    await session.read([someTokens(10)]);
    const before = await logitsAfter(session);
    const { numTensors } = tf.memory();
    const controller = new AbortController();
    const reading = session.read([someTokens(4000)], controller.signal);
    setTimeout(() => controller.abort(), 5);
    await expect(reading).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(await logitsAfter(session)).toEqual(before);
    session.dispose();
  });

  test('refuses what it cannot read, before it reads any of it', async () => {
    const session = startSession(model(), { rows: 2 });
    const { numTensors } = tf.memory();
    await expect(
      session.read([
        [1, 2],
        [3, 11],
      ]),
    ).rejects.toThrow(TokenError);
    await expect(session.read([[1, 2], [3]])).rejects.toThrow(ShapeError);
    await expect(session.read([[1, 2]])).rejects.toThrow(ShapeError);
    await expect(session.next({ limit: 1 }).next()).rejects.toThrow(ShapeError);
    expect(await session.logits()).toBeUndefined();
    expect([session.state.blocks, session.state.filled, tf.memory().numTensors]).toEqual([0, 0, numTensors]);
    session.dispose();
  });

  test('a state of another model, or a damaged one, is refused and leaves nothing behind', async () => {
    const session = startSession(model());
    await session.read([someTokens(12)]);
    const bytes = await packState(session.state);
    session.dispose();
    const other = smallModel({ famLength: 2 });
    const { numTensors } = tf.memory();
    expect(() => unpackState(bytes, other.config)).toThrow(CheckpointError);
    expect(() => unpackState(bytes.slice(0, -1), session.model.config)).toThrow(CheckpointError);
    disposeState(unpackState(bytes, session.model.config));
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
