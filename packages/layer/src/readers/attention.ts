/** Memory that attention carries: keys and values of the blocks before, sinks, and FAM (Algorithm 2). */
import { tidied } from '@famjs/backends';
import { isTaped } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type FamPlace, firstFam, promptFams, refreshedFam } from '../fam.ts';
import {
  type LayerCall,
  type LayerResult,
  type Moment,
  type Recurrence,
  scanLayer,
  stepLayer,
} from '../layer.ts';
import { heldRows, trimmed } from '../past.ts';
import type { Constants } from '../recomputed-call.ts';
import type { Stack, StackResult } from '../stack.ts';
import type { LayerState } from '../state.ts';
import { advanced, callsOf, type Piece, placesAt, type Reader, withStoppedMemory } from './reader.ts';

export const attentionReader: Reader = {
  sequential: false,

  start(stack, rows) {
    const places = placesAt(stack, rows);
    const fams = initialFams(stack, places, rows.length);
    const layers = places.map((place, l) => ({ fam: fams && firstFam(place, fams[l]!) }));
    return { filled: 0, own: 0, rows, layers: layers.map(withoutQueries) };
  },

  read(stack, x, given, piece): StackResult {
    const { blockSize: C } = stack.config;
    const state = withStoppedMemory(given, piece);
    const tokens = x.shape[1]!;
    const { filled } = state;
    const scans = filled === 0 && tokens % C === 0;
    const calls = callsOf(stack, state, tokens, piece);
    const layers: LayerState[] = [];
    const recomputed = isTaped() ? piece.recomputeLayers : undefined;
    let top = () => x;
    calls.forEach((call, l) => {
      const below = top();
      const read = (recurrence: Recurrence) => {
        const result = (scans ? scanLayer : stepLayer)({ ...call, recurrence }, below, state.layers[l]!);
        return { ...result, state: withoutQueries(result.state) };
      };
      if (l === calls.length - 1 || isWatched(piece)) {
        const result = read(call.recurrence);
        layers.push(result.state);
        top = isTaped() && !isWatched(piece) ? () => alone(call, result.x) : result.x;
        return;
      }
      const { above, state: after, changes } = finished(call, read, recomputed ?? tidied);
      if (l > 0 && !recomputed) below.dispose();
      layers.push(after);
      for (const { before, after, at } of changes) piece.recurrence.observe?.(before, after, at);
      top = () => above;
    });
    const closed = Math.floor((filled + tokens) / C);
    const after = {
      ...{ filled: (filled + tokens) % C, rows: advanced(state.rows, closed), layers },
      own: scans ? heldRows(stack.config, state.own + closed * C) : state.own + closed * C,
    };
    return { x: top, state: closed > 0 && !scans ? trimmed(stack.config, after) : after };
  },

  renew(stack, state) {
    const places = placesAt(stack, state.rows);
    const layers = state.layers.map(({ fam, ...held }, l) => ({
      ...held,
      fam: fam && refreshedFam(places[l]!, fam),
    }));
    return { ...state, layers };
  },
};

/** F_{−1} of every layer and row, [B, F, d]; undefined without FAM. */
function initialFams(
  { config, prompt, prefixes }: Stack,
  places: readonly FamPlace[],
  rows: number,
): tf.Tensor[] | undefined {
  const { famLength, variant } = config;
  if (famLength === 0) return undefined;
  const fams =
    variant.initial === 'prefix'
      ? prefixes!.map((prefix) => tf.expandDims(prefix, 0))
      : promptFams(places, prompt!);
  return fams.map((fam) => tf.broadcastTo(fam, [rows, ...fam.shape.slice(1)]));
}

/** Whether what the layers make may still be looked at when the next one has been read. */
const isWatched = ({ recurrence: { attend, disturb } }: Piece) => Boolean(attend || (disturb && !isTaped()));

/** What `observe` is to see of a layer. */
interface Change {
  before: tf.Tensor;
  after: tf.Tensor;
  at: Moment;
}

/** What is left of a layer that was read; the angles are shared with others. */
interface Finished extends Constants {
  above: tf.Tensor;
  state: LayerState;
  changes: Change[];
}

/**
 * A layer's state and activations, what is to be seen of it, and the angles that other layers share: all else that it made is
 * freed, but for what a gradient reads.
 */
function finished(
  { rotations, recurrence }: LayerCall,
  read: (recurrence: Recurrence) => LayerResult,
  run: (compute: () => Finished) => Finished,
): Finished {
  return run(() => {
    const changes: Change[] = [];
    const observe: Recurrence['observe'] =
      recurrence.observe && ((before, after, at) => changes.push({ before, after, at }));
    const { x, state } = read({ ...recurrence, observe });
    return { above: x(), state, changes, constants: rotations.made() };
  });
}

/** A layer's activations and the angles that other layers share: all else that it made for them is freed. */
const alone = ({ rotations }: LayerCall, x: () => tf.Tensor): tf.Tensor =>
  tidied(() => ({ above: x(), angles: rotations.made() })).above;

function withoutQueries({ fam, ...held }: LayerState): LayerState {
  if (!fam) return held;
  const { activations, k, v, initial } = fam;
  return { ...held, fam: { activations, k, v, ...(initial && { initial }) } };
}
