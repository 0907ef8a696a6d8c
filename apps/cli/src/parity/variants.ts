/** A parity check of every variant: small random models of each, on every backend by every schedule. */
import { type BackendName, require, setBackend } from '@famjs/backends';
import type { FamChoices, Preset, Schedule } from '@famjs/layer';
import { compareOutputs, type Outputs, outputsOf } from '@famjs/tasks';
import { initialWeights, llamaConfig, type Model, stream } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import Table from 'cli-table3';
import pc from 'picocolors';
import { openLive } from '../terminal/live.ts';
import { ruled } from '../terminal/ruled.ts';
import { ParityError } from './parity-error.ts';

const blocks = { blockSize: 8, memorySegments: 1 };
const fams = { ...blocks, famLength: 3 };
const alone = { ...fams, memorySegments: 0 };

/** Every preset, and what goes beside presets. */
const variantCases: Record<Preset, Omit<FamChoices, 'variant'>> = {
  bswa: blocks,
  swa: { blockSize: 8, window: 13 },
  txl: blocks,
  fam: fams,
  'fam-norm': { ...fams, norm: 'initial' },
  'fam-no-residual': fams,
  'fam-no-ff': fams,
  'fam-n': { ...fams, visible: 3 },
  'fam-prefix': fams,
  sum: { ...fams, visible: 2 },
  fm: blocks,
  rmt: alone,
  autocompressor: { ...alone, maxSummaries: 2 },
};

const cases: [name: string, choices: FamChoices][] = [
  ...Object.entries(variantCases).map(([variant, choices]): [string, FamChoices] => [
    variant,
    { ...choices, variant: variant as Preset },
  ]),
  ['bswa, 2 sinks', { ...blocks, variant: 'bswa', sinks: 2 }],
  ['fam, 2 sinks', { ...fams, variant: 'fam', sinks: 2 }],
  ['fam, position float', { ...fams, variant: 'fam', position: 'float' }],
  ['fam, position zero', { ...fams, variant: 'fam', position: 'zero' }],
];

/** Two rows that leave their fifth block open. */
const [ROWS, TOKENS, vocabularySize] = [2, 37, 50];

export interface VariantsOrder {
  backends: readonly BackendName[];
  schedules: readonly Schedule[];
  /** Largest relative difference allowed. */
  tolerance: number;
}

/** The largest relative difference of a variant on a backend from the first backend and schedule. */
interface Found {
  name: string;
  backend: BackendName;
  relative: number;
}

/**
 * Prints a table of the largest relative differences.
 *
 * @throws ParityError after that, when one exceeds the tolerance
 */
export async function runVariants({ backends, schedules, tolerance }: VariantsOrder): Promise<void> {
  const references = new Map<string, Outputs>();
  const found: Found[] = [];
  const live = openLive();
  for (const backend of backends) {
    await setBackend(backend);
    for (const [name, choices] of cases) {
      let relative = 0;
      const model = randomModel(choices);
      for (const schedule of schedules) {
        const outputs = await outputsOf(model, texts(), backend, schedule);
        const reference = references.get(name) ?? outputs;
        references.set(name, reference);
        const { logits, fams } = compareOutputs(outputs, reference);
        relative = Math.max(relative, logits.relative, fams?.relative ?? 0);
      }
      tf.dispose(Object.values(model.weights));
      found.push({ name, backend, relative });
      const line = `${backend} ${name}: ${relative.toExponential(1)}`;
      live.show({ frame: () => tableOf(found, backends, tolerance), line: () => line }, true);
    }
  }
  live.clear();
  process.stdout.write(`${tableOf(found, backends, tolerance)}\n`);
  const far = found.filter(({ relative }) => relative > tolerance);
  require(far.length === 0, ParityError, () => ({
    wrong: `${far.map(({ name, backend }) => `${name} on ${backend}`).join('; ')} differ by too much.`,
    expected: `at most ${tolerance} of the largest magnitude, by every schedule.`,
    remedy: 'compare a model of that variant with --schedules and --dump; or allow more with --tolerance.',
  }));
}

function tableOf(found: readonly Found[], backends: readonly BackendName[], tolerance: number): string {
  const table = new Table({
    head: ['', ...backends].map((title) => pc.dim(title)),
    colAligns: ['left', ...backends.map(() => 'right' as const)],
    chars: ruled,
    style: { head: [], border: [] },
  });
  for (const [name] of cases) {
    const cells = backends.map((backend) => {
      const cell = found.find((each) => each.name === name && each.backend === backend);
      if (!cell) return '';
      const shown = cell.relative.toExponential(1);
      return cell.relative <= tolerance ? `${shown} ${pc.green('✓')}` : `${shown} ${pc.red('✗')}`;
    });
    table.push([pc.bold(name), ...cells]);
  }
  return table.toString();
}

function randomModel(choices: FamChoices): Model {
  const config = llamaConfig({
    ...{ layers: 2, width: 32, heads: 4, keyValueHeads: 2, intermediateWidth: 64, vocabularySize },
    fam: choices,
  });
  return { config, weights: initialWeights(config, 1, { embedding: 1, prompt: 1, residual: 1, head: 1 }) };
}

function texts(): number[][] {
  const random = stream(3, 'data');
  return Array.from({ length: ROWS }, () =>
    Array.from({ length: TOKENS }, () => random.below(vocabularySize)),
  );
}
