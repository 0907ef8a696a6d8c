/** SmolLM2-135M-Instruct out of its GGUF file: the ids and the words that float32 of these weights gives. */
import { execFile } from 'node:child_process';
import { openAsBlob, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setBackend } from '@famjs/backends';
import { describeReal, realModel } from '@famjs/testing/real';
import { expect, test } from 'vitest';
import { loadModel } from '../src/index.ts';
import { describeMemory } from '../src/node.ts';

describeReal('SmolLM2 in a GGUF file', { file: realModel() }, ({ file }) => {
  test('has its tokens, writes what it should, is the base of the shipped memory, and is known as the same from a Blob, in float32', async () => {
    await setBackend('wasm');
    using model = await loadModel(file);
    const ids = '504 1301 1646 314 216 41 32 40 33 39 30 657 506 1535'.split(' ').map(Number);
    expect(model.tokenizer.encode("The pass key is 90817. It's here")).toEqual(ids);
    expect(model.endTokens).toEqual([2]);
    using session = model.session();
    let text = '';
    for await (const piece of session.generate('The capital of France is', {
      maxTokens: 20,
      temperature: 0,
    })) {
      text += piece;
    }
    expect(text).toBe(' Paris.\n\nThe answer is: 2018-01-22 ');
    expect((await describeMemory('passkey')).base.fingerprint).toBe((await model.base()).fingerprint);
    const print = await model.fingerprint();
    model.dispose();
    using again = await loadModel(
      { 'SmolLM2.gguf': await openAsBlob(file) },
      { tokenizer: false, dtype: 'f32' },
    );
    expect(await again.fingerprint()).toBe(print);
  });

  test('in a process of its own takes 1.5 times its bytes and 150 MB at most, and a further session its state and 5 MB', async () => {
    const typescript = new URL('../../../tooling/source.mjs', import.meta.url).href;
    const script = fileURLToPath(new URL('./memory-of.ts', import.meta.url));
    const { NODE_OPTIONS: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@famjs/source', '--import', typescript, script, 'wasm', file],
      { env },
    );
    const [one, two] = JSON.parse(stdout) as { peak: number; counted: number }[];
    const state = two!.counted - one!.counted;
    expect(state).toBeGreaterThan(1e5);
    expect(state).toBeLessThan(5e6);
    expect(two!.peak).toBeLessThan(1.5 * statSync(file).size + 150e6 + 2 * state);
    expect(two!.peak - one!.peak).toBeLessThan(state + 5e6);
  });
});
