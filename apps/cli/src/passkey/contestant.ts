/** A model that takes the PassKey test. */
import { require, TokenError } from '@famjs/backends';
import { receptiveBlocks } from '@famjs/layer';
import type { FillerKind, PassKeyOptions } from '@famjs/tasks';
import { costsOf, type LanguageModel, loadModel, type ModelConfig } from '@famjs/zoo';
import type { LoadChoices } from '../model-options.ts';
import type { ModelReport } from '../report/passkey-report.ts';

export interface Contestant {
  report: ModelReport;
  model: LanguageModel;
  filler: NonNullable<PassKeyOptions['filler']>;
}

/** What stands between a key and its question: the paper's sentences in an order, or the text of a file. */
export type ChosenFiller = FillerKind | { file: string; text: string };

/**
 * Loads a model, to be disposed of by the caller.
 *
 * @throws TokenError where its tokenizer cannot spell the filler
 * @throws whatever `loadModel` throws
 */
export async function loadContestant(
  name: string,
  place: string,
  chosen: ChosenFiller,
  choices: LoadChoices = {},
): Promise<Contestant> {
  const model = await loadModel(place, choices);
  try {
    return { model, report: await reportOf(name, model), filler: tokensOf(chosen, model) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

async function reportOf(name: string, model: LanguageModel): Promise<ModelReport> {
  const { config } = model;
  return {
    name,
    title: titleOf(config),
    config,
    parameters: costsOf(config).parameters,
    fingerprint: await model.fingerprint(),
    receptiveField: receptiveFieldOf(config),
    columns: [],
  };
}

function tokensOf(chosen: ChosenFiller, { tokenizer }: LanguageModel): Contestant['filler'] {
  if (typeof chosen === 'string') return chosen;
  const tokens = tokenizer.encode(chosen.text, { specialTokens: false });
  require(tokens.length > 0, TokenError, () => ({
    wrong: `${chosen.file} holds no text.`,
    expected: 'a text that can stand between a key and the question.',
    remedy: 'name another file.',
  }));
  return tokens;
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
