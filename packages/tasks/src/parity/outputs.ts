/** What a model makes of tokens on one backend by one schedule. */
import { type BackendName, NonFiniteError, require, tidied } from '@famjs/backends';
import { disposeState, keepState, type Schedule, startState } from '@famjs/layer';
import {
  downloadValues,
  type HeldModel,
  logitsOf,
  type NamedValues,
  readTokens,
  stackOf,
  type Values,
} from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';

export interface Outputs {
  backend: BackendName;
  schedule: Schedule;
  /** [B, S, V] */
  logits: Values;
  /** The final FAM of each layer by its index, [B, F, d]; empty when F = 0. */
  fams: NamedValues;
}

/**
 * Reads rows of tokens on the current backend, which holds the model. All tensors made are freed.
 *
 * @param head tokens that are read at once before the schedule begins
 * @throws NonFiniteError when an output holds NaN or infinity
 */
export async function outputsOf(
  model: HeldModel,
  rows: readonly (readonly number[])[],
  backend: BackendName,
  schedule: Schedule,
  head = 0,
): Promise<Outputs> {
  const [B, S, V] = [rows.length, rows[0]!.length, model.config.vocabularySize];
  // A scan takes the whole text at once; the other schedules are cut at borders of blocks, which changes nothing.
  const stride = schedule === 'scan' ? S : model.config.fam.blockSize;
  const logits = new Float32Array(B * S * V);
  let state = tidied(() => keepState(startState(stackOf(model), B)));
  for (let from = 0, n: number; from < S; from += n) {
    const by = from < head ? 'scan' : schedule;
    n = Math.min(from < head ? head : stride, S - from);
    const read = tidied(() => {
      const tokens = tf.tensor2d(
        rows.map((row) => row.slice(from, from + n)),
        [B, n],
        'int32',
      );
      const { hidden, state: after } = readTokens(model, stackOf(model), tokens, state, { schedule: by });
      return { logits: tf.keep(logitsOf(model, hidden())), state: keepState(after) };
    });
    const values = await read.logits.data();
    for (let b = 0; b < B; b++) logits.set(values.subarray(b * n * V, (b + 1) * n * V), (b * S + from) * V);
    read.logits.dispose();
    disposeState(state);
    state = read.state;
  }
  const layers = state.layers.flatMap(({ fam }, layer) =>
    fam ? [[String(layer), fam.activations] as const] : [],
  );
  const fams = await downloadValues(Object.fromEntries(layers));
  disposeState(state);
  const outputs = { backend, schedule, logits: { shape: [B, S, V], values: logits }, fams };
  requireFinite(outputs);
  return outputs;
}

/** The outputs by the names that they have in a dump. */
export function namedOutputs({ backend, schedule, logits, fams }: Outputs): NamedValues {
  const of = (what: string) => `${what}.${backend}.${schedule}`;
  const named = Object.entries(fams).map(([layer, fam]) => [of(`fam.${layer}`), fam] as const);
  return { [of('logits')]: logits, ...Object.fromEntries(named) };
}

function requireFinite(outputs: Outputs): void {
  for (const [name, { values }] of Object.entries(namedOutputs(outputs))) {
    const index = values.findIndex((value) => !Number.isFinite(value));
    require(index < 0, NonFiniteError, () => ({
      wrong: `Number ${index} of ${name} is ${values[index]}.`,
      expected: 'finite numbers from every backend and schedule.',
      remedy: 'try a shorter text; numbers that grow without end show there first.',
    }));
  }
}
