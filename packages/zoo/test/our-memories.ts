/** What FAM.js writes for PEFT and transformers to load: memories with an adapter, and models with them merged. As a program it writes what
 * tooling/checkpoints/adapters.py shows them. */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { type AdditionFileOptions, adaptedConfig, initialAdapter, loadModel, stream } from '../src/index.ts';
import { saveMemory, saveMerged } from '../src/node.ts';

const here = (path: string) =>
  fileURLToPath(new URL(`../../../tooling/checkpoints/${path}`, import.meta.url));

/** A memory of a checkpoint, of which every number is drawn. */
export async function writeMemory(
  checkpoint: string,
  folder: string,
  options: AdditionFileOptions = {},
): Promise<void> {
  const base = await loadModel(here(`fixtures/${checkpoint}`), {
    tokenizer: false,
    fam: { length: 3, blockSize: 8 },
  });
  const choices = { targets: 'all-linear', rank: 3, alpha: 5, rankStabilised: true };
  const config = await adaptedConfig(base.config, 'memory', { ...choices, alphas: { 'layers\\.1\\..*': 7 } });
  const begun = initialAdapter(config, 'memory', 0);
  const weights = { ...(base.weights as Record<string, tf.Tensor>), ...begun };
  for (const [name, { shape, size }] of Object.entries(begun)) {
    const values = stream(2, 'weights', name).normals(size);
    weights[name] = tf.tensor(
      values.map((value) => 0.3 * value),
      shape,
    );
  }
  await saveMemory(folder, { config, weights }, await base.base(), options);
  tf.dispose([begun, weights]);
  base.dispose();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setBackend('cpu');
  for (const checkpoint of ['llama', 'phi3-partial', 'gpt_neox']) {
    const [ours, merged] = [here(`adapters/ours/${checkpoint}`), here(`adapters/merged/${checkpoint}`)];
    for (const folder of [ours, merged]) rmSync(folder, { recursive: true, force: true });
    await writeMemory(checkpoint, ours);
    await saveMerged(merged, here(`fixtures/${checkpoint}`), { memory: ours });
  }
  const halves = here('adapters/ours/llama-f16');
  rmSync(halves, { recursive: true, force: true });
  await writeMemory('llama', halves, { dtype: 'f16' });
}
