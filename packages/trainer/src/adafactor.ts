/**
 * Adafactor (Shazeer and Stern, 2018: Algorithms 4 and 5) at a given rate: no relative steps, no scaling by parameters. What it
 * keeps of a matrix's second moments are sums of rows and columns.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Optimizer, Shapes } from './optimizer.ts';

export interface AdafactorSettings {
  /** Decay of the mean update; 0 keeps none. */
  beta1: number;
  /** Decay of second moments, constant in the sense of section 7.1: bias-corrected as Adam's. */
  beta2: number;
  /** Added to squared gradients. */
  epsilon: number;
  /** Largest root mean square of a weight's update. */
  clip: number;
}

const defaults: AdafactorSettings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-30, clip: 1 };

/** Adafactor with the settings given, and with those of the TransformerFAM paper where none are. */
export function adafactor(settings: Partial<AdafactorSettings> = {}): Optimizer {
  const chosen = { ...defaults, ...settings };
  const { beta1, beta2, epsilon, clip } = chosen;

  /** Second moments after a gradient, as slots, and as the estimate for every number of the weight. */
  function secondMoments(
    name: string,
    slots: Readonly<Record<string, tf.Tensor>>,
    gradient: tf.Tensor,
    decay: number,
  ) {
    const square = tf.add(tf.square(gradient), epsilon);
    const mixed = (slot: string, fresh: tf.Tensor) =>
      tf.add(tf.mul(slots[slot]!, decay), tf.mul(fresh, 1 - decay));
    if (square.rank !== 2) {
      const whole = mixed(`square/${name}`, square);
      return { kept: { [`square/${name}`]: whole }, estimate: whole };
    }
    const rows = mixed(`rows/${name}`, tf.sum(square, 1));
    const columns = mixed(`columns/${name}`, tf.sum(square, 0));
    // Divided first: in float32 the product of two sums underflows where a matrix has had no gradient yet.
    const shares = tf.expandDims(tf.div(rows, tf.sum(rows)), 1);
    return {
      kept: { [`rows/${name}`]: rows, [`columns/${name}`]: columns },
      estimate: tf.mul(shares, columns),
    };
  }

  return {
    about: { name: 'adafactor', ...chosen },
    init: (weights: Shapes) =>
      Object.fromEntries(
        Object.entries(weights).flatMap(([name, shape]) => [
          ...(shape.length === 2
            ? [
                [`rows/${name}`, [shape[0]!]],
                [`columns/${name}`, [shape[1]!]],
              ]
            : [[`square/${name}`, shape]]),
          ...(beta1 > 0 ? [[`momentum/${name}`, shape]] : []),
        ]),
      ),
    update({ weights, gradients, slots, step, rate }) {
      const decay = (beta2 * (1 - beta2 ** step)) / (1 - beta2 ** (step + 1));
      const after = { weights: {} as Record<string, tf.Tensor>, slots: {} as Record<string, tf.Tensor> };
      for (const [name, weight] of Object.entries(weights)) {
        const { kept, next } = tf.tidy(() => {
          const gradient = gradients[name] ?? tf.zerosLike(weight);
          const { kept, estimate } = secondMoments(name, slots, gradient, decay);
          const raw = tf.div(gradient, tf.sqrt(estimate));
          const size = tf.sqrt(tf.mean(tf.square(raw)));
          const update = tf.mul(tf.div(raw, tf.maximum(1, tf.div(size, clip))), rate);
          if (beta1 === 0) return { kept, next: tf.sub(weight, update) };
          const momentum = tf.add(tf.mul(slots[`momentum/${name}`]!, beta1), tf.mul(update, 1 - beta1));
          return { kept: { ...kept, [`momentum/${name}`]: momentum }, next: tf.sub(weight, momentum) };
        }) as unknown as { kept: Record<string, tf.Tensor>; next: tf.Tensor };
        after.weights[name] = next;
        Object.assign(after.slots, kept);
      }
      return after;
    },
  };
}
