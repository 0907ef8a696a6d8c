/** Rows of a batch that stand at different places of their texts: taken apart where they must be read apart, and joined. */
import * as tf from '@tensorflow/tfjs-core';
import type { FamConfig } from './config.ts';
import type { StackResult } from './stack.ts';
import { compactState, type FamState, mapState, type Row, rowsOf, stateTensors } from './state.ts';

/** How many FAMs, or kept summaries, a row sees: rows that see as many are read together. */
export function visibleFams({ famLength, variant }: FamConfig, { updates }: Row): number {
  if (famLength === 0) return 0;
  if (variant.carrier === 'summaries') return Math.min(updates, variant.maxSummaries);
  return Math.min(updates + 1, variant.visible);
}

/**
 * Reads rows that see equally many FAMs together, and others apart.
 *
 * @param read is told which rows of the batch it reads
 */
export function inGroups(
  config: FamConfig,
  x: tf.Tensor,
  state: FamState,
  read: (x: tf.Tensor, state: FamState, members: readonly number[]) => StackResult,
): StackResult {
  const members = groupsOf(config, state);
  if (members.length === 1) return read(x, state, members[0]!);
  const results = members.map((rows) => read(picked(x, rows), selectRows(config, state, rows), rows));
  const order = members.flat();
  return {
    x: () => placed(tf.concat(results.map((result) => result.x())), order),
    state: joinRows(
      results.map((result) => result.state),
      order,
    ),
  };
}

/** A state that is changed as a whole, with rows that see equally many FAMs together. */
export function changedInGroups(
  config: FamConfig,
  state: FamState,
  change: (state: FamState) => FamState,
): FamState {
  const members = groupsOf(config, state);
  if (members.length === 1) return change(state);
  return joinRows(
    members.map((rows) => change(selectRows(config, state, rows))),
    members.flat(),
  );
}

function groupsOf(config: FamConfig, { rows }: FamState): number[][] {
  const groups = new Map<number, number[]>();
  rows.forEach((row, index) => {
    const seen = visibleFams(config, row);
    groups.set(seen, [...(groups.get(seen) ?? []), index]);
  });
  return [...groups.values()];
}

/** The state of some rows alone, with as many FAMs or summaries as any of them sees. */
export function selectRows(config: FamConfig, state: FamState, rows: readonly number[]): FamState {
  const kept = rows.map((row) => state.rows[row]!);
  const seen = Math.max(...kept.map((row) => visibleFams(config, row))) * config.famLength;
  const selected = mapState(seen > 0 ? state : withoutSummaries(state), (tensor, name) => {
    const own = picked(tensor, rows);
    const surplus = isPerFam(name) ? tensor.shape[1]! - seen : 0;
    return surplus > 0 ? rowsOf(own, surplus, tensor.shape[1]!) : own;
  });
  return { ...selected, rows: kept };
}

/**
 * States of different rows side by side. What one has less of than another is filled up before its beginning, where none
 * of its rows looks.
 *
 * @param order the row of the whole at which each row of the states, one after another, stands
 */
export function joinRows(states: readonly FamState[], order: readonly number[]): FamState {
  const compact = states.map((state) => compactState(state));
  const tensors = compact.map(stateTensors);
  const fullest = tensors.reduce(
    (most, all, i) => (Object.keys(all).length > Object.keys(tensors[most]!).length ? i : most),
    0,
  );
  const joined = mapState(compact[fullest]!, (tensor, name) => {
    const most = Math.max(...tensors.map((all) => all[name]?.shape[1] ?? 0));
    const parts = tensors.map((all, i) =>
      filledUp(all[name], [compact[i]!.rows.length, most, ...tensor.shape.slice(2)]),
    );
    return placed(tf.concat(parts), order);
  });
  const rows = compact.flatMap((state) => state.rows);
  const own = Math.max(...compact.map((state) => state.own));
  return { ...joined, own, rows: order.map((_, place) => rows[order.indexOf(place)]!) };
}

/** Tensors that have F rows for each FAM or summary. */
const isPerFam = (name: string) => /(^|\.)(fam|summary)(\.[kv])?$/.test(name);

const withoutSummaries = (state: FamState): FamState => ({
  ...state,
  summary: undefined,
  layers: state.layers.map((layer) => ({ ...layer, summary: undefined })),
});

function filledUp(tensor: tf.Tensor | undefined, shape: number[]): tf.Tensor {
  if (!tensor) return tf.zeros(shape);
  const missing = shape[1]! - tensor.shape[1]!;
  if (missing === 0) return tensor;
  return tf.concat([tf.zeros([shape[0]!, missing, ...shape.slice(2)]), tensor], 1);
}

const picked = (tensor: tf.Tensor, rows: readonly number[]) =>
  tf.gather(tensor, tf.tensor1d([...rows], 'int32'));

/** Row i goes to place order[i]. */
const placed = (tensor: tf.Tensor, order: readonly number[]) =>
  picked(
    tensor,
    order.map((_, place) => order.indexOf(place)),
  );
