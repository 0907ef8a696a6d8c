/** A model that takes the PassKey test. */
import { receptiveBlocks } from '@famjs/layer';
import { costsOf, type LanguageModel, loadModel, type ModelConfig } from '@famjs/zoo';
import type { LoadChoices } from '../model-options.ts';
import type { ModelReport } from '../report/passkey-report.ts';

export interface Contestant {
  report: ModelReport;
  model: LanguageModel;
}

/**
 * Loads a model, to be disposed of by the caller.
 *
 * @throws whatever `loadModel` throws
 */
export async function loadContestant(
  name: string,
  place: string,
  choices: LoadChoices = {},
): Promise<Contestant> {
  const model = await loadModel(place, choices);
  const { config } = model;
  const report: ModelReport = {
    name,
    title: titleOf(config),
    config,
    parameters: costsOf(config).parameters,
    fingerprint: await model.fingerprint(),
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
