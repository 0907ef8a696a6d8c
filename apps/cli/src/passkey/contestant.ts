/** A model that takes the PassKey test. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { receptiveBlocks } from '@famjs/layer';
import { costsOf, type LanguageModel, loadModel, type ModelConfig } from '@famjs/zoo';
import { readBytes } from '@famjs/zoo/node';
import type { Additions } from '../model-options.ts';
import type { ModelReport } from '../report/passkey-report.ts';

export interface Contestant {
  report: ModelReport;
  model: LanguageModel;
}

/**
 * Loads the model of a folder, to be disposed of by the caller.
 *
 * @throws whatever `loadModel` throws
 */
export async function loadContestant(
  name: string,
  folder: string,
  additions: Additions = {},
): Promise<Contestant> {
  const model = await loadModel(folder, additions);
  const isAdded = additions.memory !== undefined || additions.adapters !== undefined;
  const { config } = model;
  const report: ModelReport = {
    name,
    title: titleOf(config),
    config,
    parameters: costsOf(config).parameters,
    weights: isAdded ? await model.fingerprint() : await digestOf(folder),
    receptiveField: receptiveFieldOf(config),
    columns: [],
  };
  return { report, model };
}

/** TransformerFAM, or block sliding window attention (BSWA), with its memory segments. */
export function titleOf({ fam: { famLength, memorySegments: m } }: ModelConfig): string {
  const segments = `${m} memory segment${m === 1 ? '' : 's'}`;
  if (famLength === 0) return `BSWA, ${segments}`;
  return `TransformerFAM of length ${famLength}${m > 0 ? `, ${segments}` : ''}`;
}

/** The last token of a block sees the rest of its block and, through L layers, L · m blocks before. */
function receptiveFieldOf({ fam, layers }: ModelConfig): number | null {
  const blocks = receptiveBlocks(fam, layers);
  return Number.isFinite(blocks) ? (blocks + 1) * fam.blockSize - 1 : null;
}

/** SHA-256 over the safetensors files of a folder, in the order of their names. */
async function digestOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort();
  for (const name of names) hash.update(await readBytes(path.join(folder, name)));
  return hash.digest('hex');
}
