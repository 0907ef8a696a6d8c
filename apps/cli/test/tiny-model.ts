/** Folders of small random models, made for the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setBackend } from '@famjs/backends';
import { passKeyRecipe, passKeyTokenizerJson } from '@famjs/tasks';
import { disposeTraining, freshTraining } from '@famjs/trainer';
import { saveTraining } from '@famjs/trainer/node';
import { loadTokenizer } from '@famjs/zoo';
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
export async function saveFinishedTraining(file: string, seed: number): Promise<void> {
  await setBackend('wasm');
  const { initialWeights, ...run } = passKeyRecipe('fam', loadTokenizer(passKeyTokenizerJson()));
  const state = freshTraining(initialWeights(seed), seed);
  await saveTraining(file, run, { ...state, step: run.training.steps });
  disposeTraining(state);
}
