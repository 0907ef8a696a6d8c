/** FamState, the working memory: bounded in size, a plain map of tensors that can be forked, saved, restored and moved. */
import type { KeysValues } from '@famjs/kernels';
import type { RowLog } from '@famjs/ops';
import * as tf from '@tensorflow/tfjs-core';

/** Where a row of the batch stands in its text. */
export interface Row {
  /** Whole blocks read of the text. */
  blocks: number;
  /** Updates that its FAM has behind it, those before it was handed in too; 0 where FAM is still F_{−1}. */
  updates: number;
  /** Absolute position of the text's first token. */
  origin: number;
}

/** FAM of one layer, as the open block sees it. */
export interface Fam extends KeysValues {
  /** F_{τ−v} … F_{τ−1}, oldest first, [B, v · F, d]: of rows with fewer updates than others the last ones count. */
  activations: tf.Tensor;
  /** F_{−1}, [B, F, d], where the variant goes on needing it. */
  initial?: tf.Tensor | undefined;
}

/** Keys and values of tokens in the order of the text, [B, rows, Hkv, D] and [B, rows, Hkv, Dv]. */
export interface Past {
  k: RowLog;
  v: RowLog;
}

/** What one layer remembers; what it has nothing of is undefined. `keys` and `values` are [B, n, Hkv, D] each. */
export interface LayerState {
  fam?: Fam | undefined;
  /** The visible blocks before the open one, and its tokens. */
  past?: Past | undefined;
  /** Keys and values of the layer's outputs, in place of those of its inputs in the past (`fm`). */
  outputs?: Past | undefined;
  /** The first tokens of the text, turned to their place before the first visible segment. */
  sinks?: KeysValues | undefined;
  /** The read tokens or kept summaries of the open block (`rmt`, `autocompressor`). */
  summary?: KeysValues | undefined;
}

/** The working memory of a stack of layers. */
export interface FamState {
  /** Tokens in the open block, 0 … C − 1. */
  filled: number;
  /** The row of the logs at which the open block begins: visible blocks before it are there in full. */
  own: number;
  rows: readonly Row[];
  /** What passes between blocks of whole tokens, [B, K, d]: the memory of `rmt`, the summaries of `autocompressor`. */
  summary?: tf.Tensor | undefined;
  layers: readonly LayerState[];
}

/** Keys and values that nobody appends to in place before they are copied. */
export const logged = (kept: KeysValues): Past => ({ k: logOf(kept.k), v: logOf(kept.v) });

const logOf = (tensor: tf.Tensor): RowLog => ({ tensor, mark: { written: tensor.shape[1]! } });

/** The tensors of a state by name: `summary`, and per layer `layers.0.fam`, `layers.0.fam.k`, `layers.0.past.k`, … */
export function stateTensors(state: FamState): Record<string, tf.Tensor> {
  const tensors: Record<string, tf.Tensor> = {};
  mapState(state, (tensor, name) => {
    tensors[name] = tensor;
    return tensor;
  });
  return tensors;
}

/** The state of which `stateTensors` gave the tensors. */
export function stateOf(
  place: Pick<FamState, 'filled' | 'own' | 'rows'>,
  layers: number,
  tensors: Readonly<Record<string, tf.Tensor>>,
): FamState {
  const pair = (name: string) => {
    const [k, v] = [tensors[`${name}.k`], tensors[`${name}.v`]];
    return k && v && { k, v };
  };
  const log = (name: string) => {
    const held = pair(name);
    return held && logged(held);
  };
  const ofLayer = (at: string): LayerState => {
    const [activations, seen] = [tensors[`${at}.fam`], pair(`${at}.fam`)];
    return {
      fam: activations && seen && { activations, ...seen, initial: tensors[`${at}.fam.initial`] },
      ...{ past: log(`${at}.past`), outputs: log(`${at}.outputs`) },
      ...{ sinks: pair(`${at}.sinks`), summary: pair(`${at}.summary`) },
    };
  };
  return {
    ...place,
    summary: tensors.summary,
    layers: Array.from({ length: layers }, (_, l) => ofLayer(`layers.${l}`)),
  };
}

/** The same state with every tensor replaced by `change(tensor, name)`. */
export function mapState(state: FamState, change: (tensor: tf.Tensor, name: string) => tf.Tensor): FamState {
  const pair = <Pair extends KeysValues>(held: Pair | undefined, name: string) =>
    held && { k: change(held.k, `${name}.k`), v: change(held.v, `${name}.v`) };
  const log = ({ tensor, mark }: RowLog, name: string): RowLog => {
    const changed = change(tensor, name);
    return changed.dataId === tensor.dataId ? { tensor: changed, mark } : logOf(changed);
  };
  const past = (held: Past | undefined, name: string) =>
    held && { k: log(held.k, `${name}.k`), v: log(held.v, `${name}.v`) };
  return {
    ...state,
    summary: state.summary && change(state.summary, 'summary'),
    layers: state.layers.map(({ fam, ...held }, l) => {
      const at = `layers.${l}`;
      return {
        fam: fam && {
          ...pair(fam, `${at}.fam`)!,
          activations: change(fam.activations, `${at}.fam`),
          initial: fam.initial && change(fam.initial, `${at}.fam.initial`),
        },
        past: past(held.past, `${at}.past`),
        outputs: past(held.outputs, `${at}.outputs`),
        sinks: pair(held.sinks, `${at}.sinks`),
        summary: pair(held.summary, `${at}.summary`),
      };
    }),
  };
}

/** A second state that lives on its own; the tensors share their data until one of them is replaced. */
export function forkState(state: FamState): FamState {
  return mapState(state, (tensor) => tf.clone(tensor));
}

/**
 * The state with nothing in it but what counts, so that equal states have equal tensors.
 *
 * @param reach tokens before the open block that are still visible, m · C; all that are there unless given
 */
export function compactState(state: FamState, reach = state.own): FamState {
  const own = Math.min(reach, state.own);
  const [from, end] = [state.own - own, state.own + state.filled];
  const compact = mapState(state, (tensor, name) =>
    isLog(name) && (from > 0 || tensor.shape[1] !== end) ? rowsOf(tensor, from, end) : tf.clone(tensor),
  );
  return { ...compact, own };
}

/** Takes the state's tensors out of the current tidy; `disposeState` ends them. */
export function keepState(state: FamState): FamState {
  return mapState(state, (tensor) => tf.keep(tensor));
}

export function disposeState(state: FamState): void {
  tf.dispose(Object.values(stateTensors(state)));
}

const isLog = (name: string) => /\.(past|outputs)\.[kv]$/.test(name);

/** The last rows of the second axis, or all that there are. */
export function lastRows(tensor: tf.Tensor, count: number): tf.Tensor {
  const all = tensor.shape[1]!;
  return all > count ? rowsOf(tensor, all - count, all) : tensor;
}

/** Rows from … to − 1 of the second axis. */
export function rowsOf(tensor: tf.Tensor, from: number, to: number): tf.Tensor {
  const rank = tensor.rank - 2;
  return tf.slice(tensor, [0, from, ...Array(rank).fill(0)], [-1, to - from, ...Array(rank).fill(-1)]);
}
