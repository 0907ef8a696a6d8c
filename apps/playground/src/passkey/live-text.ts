/** Texts of the PassKey test as they are read, with their memory in hand: asked at any place, erased, frozen, exchanged. */
import { onDevice, tidied } from '@famjs/backends';
import {
  compactState,
  disposeState,
  type FamState,
  forkState,
  keepState,
  mapState,
  type Recurrence,
  type Stack,
  startState,
  stateTensors,
} from '@famjs/layer';
import {
  type HeldModel,
  keptWeights,
  logitsOf,
  packTensors,
  readTokens,
  softmax,
  stackOver,
} from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';

/** What the most likely tokens of an answer are, and how likely each token was that could have stood there. */
interface Answer {
  tokens: number[];
  /** A distribution over the vocabulary for each token. */
  probabilities: Float32Array[];
}

/** Several texts side by side, read in step by one model. */
export interface LiveText {
  readonly state: FamState;
  /** Reads a run of tokens in every row. */
  read(rows: readonly ArrayLike<number>[], recurrence?: Recurrence): Promise<void>;
  /** What every row answers to a question, in `length` tokens; the texts themselves go on unasked. */
  ask(question: readonly number[], length: number, recurrence?: Recurrence): Promise<Answer[]>;
  /** Replaces the working memory by what `change` makes of it, in a tidy. */
  change(change: (state: FamState, stack: Stack) => FamState): void;
  /** The working memory in bytes. */
  pack(): Promise<Uint8Array>;
  dispose(): void;
}

/** @param at where the texts stand: at their beginning, or at a state that this one takes over */
export function openText(model: HeldModel, rows: number, at?: FamState): LiveText {
  const joined = keptWeights(model);
  const stack = stackOver(model.config, joined);
  let state = at ?? tidied(() => keepState(startState(stack, rows)));

  const moveTo = (next: FamState) => {
    disposeState(state);
    state = next;
  };

  /** The state after a run of tokens, and the logits of the token after it where they are wanted. */
  const step = (from: FamState, run: readonly ArrayLike<number>[], wantsLogits: boolean, recurrence = {}) =>
    tidied(() => {
      const N = run[0]!.length;
      const flat = Int32Array.from(run.flatMap((row) => Array.from(row)));
      const tokens = tf.tensor2d(flat, [rows, N], 'int32');
      const read = readTokens(model, stack, tokens, from, { recurrence });
      const last = () => tf.squeeze(tf.slice(read.hidden(), [0, N - 1], [-1, 1]), [1]);
      return {
        state: keepState(read.state),
        logits: wantsLogits ? tf.keep(logitsOf(model, last())) : undefined,
      };
    });

  return {
    get state() {
      return state;
    },

    async read(run, recurrence) {
      moveTo(step(state, run, false, recurrence).state);
      await onDevice(() => finished(state));
    },

    ask: (question, length, recurrence) =>
      onDevice(async () => {
        const answers: Answer[] = Array.from({ length: rows }, () => ({ tokens: [], probabilities: [] }));
        let run: number[][] = Array(rows).fill([...question]);
        let at = keepState(forkState(state));
        try {
          for (let i = 0; i < length; i++) {
            const next = step(at, run, true, recurrence);
            disposeState(at);
            at = next.state;
            const logits = (await next.logits!.data().finally(() => next.logits!.dispose())) as Float32Array;
            const width = logits.length / rows;
            run = answers.map((answer, b) => {
              const probabilities = softmax(logits.slice(b * width, (b + 1) * width));
              const token = mostLikely(probabilities);
              answer.tokens.push(token);
              answer.probabilities.push(probabilities);
              return [token];
            });
          }
        } finally {
          disposeState(at);
        }
        return answers;
      }),

    change: (change) => moveTo(tidied(() => keepState(ownHandles(change(state, stack))))),

    async pack() {
      const compact = tidied(() => keepState(compactState(state)));
      try {
        return await packTensors(stateTensors(compact));
      } finally {
        disposeState(compact);
      }
    },

    dispose() {
      disposeState(state);
      tf.dispose(Object.values(joined));
    },
  };
}

/** So that the states before and after a change can each be disposed of. */
const ownHandles = (state: FamState) => mapState(state, (tensor) => tf.clone(tensor));

function mostLikely(probabilities: Float32Array): number {
  let best = 0;
  for (let i = 1; i < probabilities.length; i++) if (probabilities[i]! > probabilities[best]!) best = i;
  return best;
}

/** Waits until a GPU has come as far as this state, so that what was asked of it does not pile up. */
async function finished(state: FamState): Promise<void> {
  const tensor = Object.values(stateTensors(state))[0];
  if (!tensor) return;
  const one = tf.tidy(() => tf.slice(tf.reshape(tensor, [-1]), 0, 1));
  await one.data().finally(() => one.dispose());
}
