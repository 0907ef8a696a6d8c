/** A tape that frees behind itself: TF.js keeps every gradient of a backward pass, and all that was saved for it, until it ends. */
import { tidied } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';

type Tape = ReturnType<typeof tf.engine>['state']['activeTape'];
type Gradients = Record<string, () => tf.Tensor>;

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
    node.gradient = (dys) => {
      passed();
      const found = (ours ? computed(gradient, dys) : gradient(dys)) as Gradients;
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
