/** A tape that frees behind itself: TF.js keeps every gradient of a backward pass, and all that was saved for it, until it ends. */
import { tidied } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';

export type Tape = ReturnType<typeof tf.engine>['state']['activeTape'];
type Gradients = Record<string, () => tf.Tensor>;

/**
 * The engine's gradients by such a tape, also while those of another are computed. When that fails, what `kept` names is freed, and
 * the tape, which TF.js forgets.
 */
export function thriftyGradients(
  compute: () => tf.Tensor,
  leaves: tf.Tensor[],
  kept: () => tf.TensorContainer = () => [],
): { value: tf.Tensor; grads: tf.Tensor[] } {
  const { state } = tf.engine();
  const outer = state.activeTape;
  const whole = () => {
    const value = compute();
    freeBehind(state.activeTape);
    return value;
  };
  try {
    return tf.engine().gradients(whole, leaves, undefined as never, true);
  } catch (error) {
    tf.dispose(kept());
    for (const { saved } of state.activeTape) tf.dispose(saved ?? []);
    throw error;
  } finally {
    state.activeTape = outer;
  }
}

/**
 * Has each node of a recorded tape free the gradients of its outputs and what was saved for it when the node before it begins. What
 * a gradient of our own makes on the way is freed at once. Values do not change.
 */
export function freeBehind(tape: Tape): void {
  const shared = sharing();
  let passed = () => {};
  for (const node of tape) {
    const { gradient } = node;
    if (!gradient) continue;
    // TF.js' gradients are closures in a scope of their own; those of `customGrad` are computed before any is asked for.
    const ours = tf.getGradient(node.kernelName) === undefined;
    // TF.js calls it on a copy of the node whose inputs are those that a leaf leads to.
    node.gradient = function (this: Tape[number], dys) {
      passed();
      const own = gradient.bind(this) as typeof gradient;
      const found = (ours ? computed(own, dys) : own(dys)) as Gradients;
      const handed = new Set<tf.Tensor>();
      passed = () => {
        tf.dispose(
          (dys as (tf.Tensor | null)[]).filter(
            (dy) => dy && !handed.has(dy) && !shared.has(dy),
          ) as tf.Tensor[],
        );
        tf.dispose(node.saved ?? []);
      };
      return mapped(found, (of) => () => {
        const dx = of();
        handed.add(shared.note(dx));
        return dx;
      }) as never;
    };
  }
}

function computed(gradient: NonNullable<Tape[number]['gradient']>, dys: tf.Tensor[]): Gradients {
  const values = tidied(() => mapped(gradient(dys) as unknown as Gradients, (of) => of()));
  return mapped(values, (value) => () => value);
}

/** Gradients that are those of two tensors at once, and must outlast either. */
function sharing() {
  const seen = new WeakSet<tf.Tensor>();
  const twice = new WeakSet<tf.Tensor>();
  return {
    has: (gradient: tf.Tensor) => twice.has(gradient),
    note(gradient: tf.Tensor) {
      if (seen.has(gradient)) twice.add(gradient);
      seen.add(gradient);
      return gradient;
    },
  };
}

const mapped = <From, To>(
  named: Readonly<Record<string, From>>,
  of: (from: From) => To,
): Record<string, To> => Object.fromEntries(Object.entries(named).map(([name, from]) => [name, of(from)]));
