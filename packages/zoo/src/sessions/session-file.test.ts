/** A saved session that was changed in any way is refused before a tensor is made. */
import { CheckpointError, setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { smallLanguageModel, someTokens } from '../../test/small-model.ts';
import { sha256 } from '../digest.ts';
import { type RawTensor, readSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import { stream } from '../random.ts';

await setBackend('wasm');
const model = smallLanguageModel();
let bytes: Uint8Array;
beforeAll(async () => {
  const session = model.session({ rows: 2 });
  await session.read([someTokens(13), someTokens(13, 4)]);
  bytes = await session.save();
  session.dispose();
});

async function refusal(changed: Uint8Array, complaint: string | RegExp = ''): Promise<void> {
  const { numTensors } = tf.memory();
  const caught = await model.restore(changed).catch((caught) => caught);
  expect(caught).toBeInstanceOf(CheckpointError);
  expect(caught.message).toMatch(complaint);
  expect(tf.memory().numTensors).toBe(numTensors);
}

// biome-ignore lint/suspicious/noExplicitAny: notes are changed into anything.
type Notes = Record<string, any>;

/** The file with other notes or tensors, and a digest that fits them. */
async function forged(
  change: (notes: Notes, tensors: Record<string, RawTensor>) => void,
): Promise<Uint8Array> {
  const { tensors, metadata } = readSafetensors(bytes);
  const [notes, copies] = [JSON.parse(metadata.session!), { ...tensors }];
  change(notes, copies);
  const session = JSON.stringify(notes);
  const parts: unknown[] = [session];
  for (const name of Object.keys(copies).sort()) {
    const { dtype, shape, data } = copies[name]!;
    parts.push([name, dtype, shape, await sha256(data)]);
  }
  return writeSafetensors(copies, {
    session,
    digest: await sha256(new TextEncoder().encode(JSON.stringify(parts))),
  });
}

describe('a saved session', () => {
  test('is restored as it was, and saved as the same bytes', async () => {
    const session = await model.restore(await forged(() => {}));
    expect([session.length, session.rows]).toEqual([13, 2]);
    expect(await session.save()).toEqual(bytes);
    session.dispose();
  });

  test('is refused with any byte changed or missing', async () => {
    const { below } = stream(1, 'data');
    for (let i = 0; i < 300; i++) {
      const changed = Uint8Array.from(bytes);
      changed[below(changed.length)]! ^= 1 << below(8);
      await refusal(changed);
      await refusal(bytes.slice(0, below(bytes.length)));
    }
  });

  test('is refused with another kind of file', async () => {
    await refusal(writeSafetensors({}), 'The session file is no session file');
    const text = new TextEncoder().encode('It was a dark and stormy night.');
    await refusal(
      text,
      /^The session file is no session file, or is damaged. In it, its header claims \d+ bytes/,
    );
  });

  const wide = '9'.repeat(400);
  test.each<[string, (notes: Notes) => void]>([
    [
      'version',
      (notes) => {
        notes.version = 2;
      },
    ],
    [
      'filled',
      (notes) => {
        notes.state.filled = 8;
      },
    ],
    [
      'filled',
      (notes) => {
        notes.state.filled = -1;
      },
    ],
    [
      'blocks',
      (notes) => {
        notes.state.rows[0].blocks = 0.5;
      },
    ],
    [
      'blocks',
      (notes) => {
        notes.state.rows[0].blocks = JSON.parse(wide);
      },
    ],
    [
      'blocks',
      (notes) => {
        delete notes.state.rows[0].blocks;
      },
    ],
    [
      'surplus',
      (notes) => {
        notes.surplus = 1;
      },
    ],
    [
      'surplus',
      (notes) => {
        notes.state.surplus = 1;
      },
    ],
    [
      'origin',
      (notes) => {
        notes.origin = 'here';
      },
    ],
    [
      'recent',
      (notes) => {
        notes.recent[0] = [11];
      },
    ],
    [
      'recent',
      (notes) => {
        notes.recent = Array(17)
          .fill(0)
          .map(() => Array(17).fill(1));
      },
    ],
    [
      'fingerprint',
      (notes) => {
        notes.model.fingerprint = 'print';
      },
    ],
    [
      'saved with',
      (notes) => {
        notes.model.fingerprint = '0'.repeat(64);
      },
    ],
    [
      'chat.messages',
      (notes) => {
        notes.chat = { messages: [{ role: 'user', content: 'no reply' }], began: 0 };
      },
    ],
    [
      'chat.began',
      (notes) => {
        notes.chat = { messages: [{ role: 'assistant', content: '' }], began: 1e17 };
      },
    ],
    [
      'chat',
      (notes) => {
        notes.chat = { messages: [{ role: 'assistant', content: 3 }], began: 0, surplus: 1 };
      },
    ],
    [
      'the tokens of',
      (notes) => {
        notes.recent = notes.recent.slice(1);
      },
    ],
  ])('is refused for %s, though its digest fits', async (words, change) => {
    await refusal(await forged(change), words);
  });

  test.each<[string, (tensors: Record<string, RawTensor>, name: string) => void]>([
    [
      'does not fit',
      (tensors, name) => {
        delete tensors[name];
      },
    ],
    [
      'does not fit',
      (tensors, name) => {
        tensors[`${name}.more`] = tensors[name]!;
      },
    ],
    [
      'does not fit',
      (tensors, name) => {
        tensors[name] = { ...tensors[name]!, shape: [tensors[name]!.data.length / 4] };
      },
    ],
    [
      'does not fit',
      (tensors, name) => {
        tensors[name] = { ...tensors[name]!, dtype: 'I32' };
      },
    ],
    [
      '"last"',
      (tensors) => {
        const data = Uint8Array.from(tensors.last!.data);
        data.set([0, 0, 0xc0, 0x7f]);
        tensors.last = { ...tensors.last!, data };
      },
    ],
  ])('is refused for tensors it %s, though its digest fits', async (words, change) => {
    await refusal(await forged((_, tensors) => change(tensors, 'last')), words);
  });

  test('is refused whatever the notes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await refusal(
          await forged((notes) => {
            for (const name of Object.keys(notes)) delete notes[name];
            Object.assign(notes, value);
          }),
        );
      }),
      { numRuns: 30 },
    );
  });
});
