/** One model's reading of the texts: how far it has come, what it holds, and what was done to its FAM. */
import {
  type FamState,
  isPlace,
  type Recurrence,
  type StatePlace,
  stateOf,
  stateTensors,
} from '@famjs/layer';
import type { FillerOrder, PassKeyText } from '@famjs/tasks';
import { type LanguageModel, unpackTensors } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import { type LiveText, openText } from '../../passkey/live-text.ts';
import { erased, type HeldFam, heldFam, swapped } from '../../passkey/memory.ts';
import type { Saved } from '../../worker/protocol.ts';
import type { Contestant } from './events.ts';

/** What a reading notes of itself, to be gone on with on another backend. */
export interface ReadingNotes {
  keys: readonly string[];
  /** Tokens of filler that were read. */
  filler: number;
  frozen: boolean;
  places: Partial<Record<Contestant, StatePlace>>;
}

export interface Reading {
  contestant: Contestant;
  live: LiveText;
  text: PassKeyText;
  keys: readonly string[];
  tokens(): number;
  bytes(): number;
  /** Reads on until it has read at least `to` tokens of each text. @returns how many that were */
  readTo(to: number): Promise<number>;
  words(): string;
  change(): Promise<number | undefined>;
  recurrence(): Recurrence | undefined;
  erase(): void;
  swap(): void;
  freeze(): void;
  thaw(): void;
  tell(keys: readonly string[]): Promise<void>;
  place(): StatePlace;
  notes(): Omit<ReadingNotes, 'places'>;
  dispose(): void;
}

/** Words that are shown of what was read. */
const WORDS = 48;

export function openReading(
  contestant: Contestant,
  model: LanguageModel,
  text: PassKeyText,
  keys: readonly string[],
  orders: readonly (FillerOrder | undefined)[],
  saved: Saved | undefined,
): Reading {
  const { blockSize } = model.config.fam;
  const rows = keys.length;
  const heads = keys.map(text.head);
  const notes = saved?.notes as ReadingNotes | undefined;
  const live = openText(model, rows, notes && savedState(contestant, model, saved!, notes));
  let filler = live.state.rows[0]!.blocks > 0 ? notes!.filler : 0;
  let recent: readonly number[] = [];
  let held: HeldFam | undefined;
  let before: tf.Tensor | undefined;

  const tokens = () => live.state.rows[0]!.blocks * blockSize + live.state.filled;
  const readRun = async (run: readonly ArrayLike<number>[]) => {
    await live.read(run, held?.recurrence);
    if (held) live.change(held.putBack);
    recent = [...recent, ...Array.from(run[0]!)].slice(-WORDS);
  };
  const thaw = () => {
    held?.dispose();
    held = undefined;
  };
  const freeze = () => {
    thaw();
    held = heldFam(live.state);
  };
  /** Does something to FAM; one that is held is held as it is then. */
  const alter = (change: (state: FamState, ...rest: never[]) => FamState) => {
    live.change(change as Parameters<LiveText['change']>[0]);
    if (held) freeze();
  };
  if (notes?.frozen && contestant === 'fam') freeze();

  return {
    ...{ contestant, live, text, keys, tokens },
    bytes: () => bytesOf(live.state) / rows,
    async readTo(to) {
      const from = tokens();
      if (from === 0) await readRun(heads);
      if (to > tokens()) {
        const until = filler + to - tokens();
        await readRun(fillerOf(text, orders, filler, until));
        filler = until;
      }
      return tokens() - from;
    },
    words: () => model.tokenizer.decode([...recent]).trim(),
    async change() {
      const fams = live.state.layers.flatMap(({ fam }) => fam?.activations ?? []);
      if (fams.length === 0) return undefined;
      const now = tf.keep(tf.tidy(() => tf.stack(fams)));
      const last = before;
      before = now;
      if (!last) return undefined;
      const share = tf.tidy(() =>
        tf.sqrt(tf.div(tf.mean(tf.square(tf.sub(now, last))), tf.mean(tf.square(now)))),
      );
      last.dispose();
      const [value] = await share.data().finally(() => share.dispose());
      return value;
    },
    recurrence: () => held?.recurrence,
    erase: () => alter(erased as never),
    swap: () => alter(swapped),
    ...{ freeze, thaw },
    tell: (told) => readRun(told.map(text.head)),
    place: () => {
      const { filled, own, rows } = live.state;
      return { filled, own, rows };
    },
    notes: () => ({ keys, filler, frozen: held !== undefined }),
    dispose() {
      thaw();
      before?.dispose();
      live.dispose();
    },
  };
}

/** Filler of every row; rows in the paper's order share theirs. */
function fillerOf(
  text: PassKeyText,
  orders: readonly (FillerOrder | undefined)[],
  from: number,
  to: number,
): Int32Array[] {
  const inOrder = text.filler(from, to);
  return orders.map((order) => (order ? text.filler(from, to, order) : inOrder));
}

/** Bytes of all that the memory holds. */
function bytesOf(state: FamState): number {
  return Object.values(stateTensors(state)).reduce((sum, { size }) => sum + 4 * size, 0);
}

/** The state that was saved of a contestant, if there is one. */
function savedState(
  contestant: Contestant,
  model: LanguageModel,
  { bytes }: Saved,
  { places }: ReadingNotes,
): FamState | undefined {
  const [place, packed] = [places[contestant], bytes[contestant]];
  if (!place || !packed || !isPlace({ config: model.config.fam }, place)) return undefined;
  return stateOf(place, model.config.layers, unpackTensors(packed).tensors);
}
