/** A parity check: the same tokens through backends and schedules, compared with the first, and dumped if asked. */
import path from 'node:path';
import { type BackendName, require, setBackend } from '@famjs/backends';
import type { Schedule } from '@famjs/layer';
import { compareOutputs, namedOutputs, type Outputs, outputsOf } from '@famjs/tasks';
import { encodeValues, loadModel, type NamedValues, requireTokens, writeSafetensors } from '@famjs/zoo';
import { writeAtomic } from '@famjs/zoo/node';
import type { LoadChoices } from '../model-options.ts';
import { modelPlace } from '../passkey/model-folder.ts';
import { openLive, type View } from '../terminal/live.ts';
import { requireWritable } from '../writable.ts';
import { ParityError } from './parity-error.ts';
import { parityTable, type Row, within } from './table.ts';
import { readTokenRows } from './tokens.ts';

export interface ParityOrder {
  /** The model, wherever it lies. */
  place: string;
  choices: LoadChoices;
  /** JSON file of the tokens. */
  tokens: string;
  backends: readonly BackendName[];
  schedules: readonly Schedule[];
  /** Largest relative difference allowed. */
  tolerance: number;
  /** File for the outputs. */
  dump: string | undefined;
}

/**
 * Prints the table of differences and writes the dump.
 *
 * @throws ParityError after that, when a difference exceeds the tolerance
 */
export async function runParity({
  place,
  choices,
  backends,
  schedules,
  tolerance,
  dump,
  ...order
}: ParityOrder): Promise<void> {
  const texts = await readTokenRows(order.tokens);
  if (dump) await requireWritable(path.dirname(dump));
  const rows: Row[] = [];
  const dumped: Record<string, NamedValues[string]> = {};
  let reference: Outputs | undefined;
  const live = openLive();
  for (const backend of backends) {
    await setBackend(backend);
    const model = await loadModel(modelPlace(place), { ...choices, tokenizer: false });
    try {
      for (const text of texts) requireTokens(text, model.config);
      for (const schedule of schedules) {
        const began = performance.now();
        const outputs = await outputsOf(model, texts, backend, schedule);
        reference ??= outputs;
        const seconds = (performance.now() - began) / 1000;
        rows.push({ backend, schedule, ...compareOutputs(outputs, reference), seconds });
        live.show(soFar(rows, tolerance), true);
        if (dump) Object.assign(dumped, namedOutputs(outputs));
      }
    } finally {
      model.dispose();
    }
  }
  live.clear();
  process.stdout.write(`${parityTable(rows, tolerance)}\n`);
  if (dump) {
    await writeAtomic(path.dirname(dump), { [path.basename(dump)]: writeSafetensors(encodeValues(dumped)) });
    process.stderr.write(`Outputs: ${dump}\n`);
  }
  requireParity(rows, tolerance);
}

function soFar(rows: readonly Row[], tolerance: number): View {
  const { backend, schedule, seconds } = rows.at(-1)!;
  return {
    frame: () => parityTable(rows, tolerance),
    line: () => `${backend} ${schedule}: ${seconds.toFixed(2)} s`,
  };
}

function requireParity(rows: readonly Row[], tolerance: number): void {
  const far = rows.filter((row) => !within(row, tolerance));
  require(far.length === 0, ParityError, () => ({
    wrong: `${far.map(({ backend, schedule }) => `${backend} ${schedule}`).join(', ')} differ from the first by too much.`,
    expected: `at most ${tolerance} of the largest magnitude.`,
    remedy:
      'find the first block where they part with shorter texts and --dump; or allow more with --tolerance.',
  }));
}
