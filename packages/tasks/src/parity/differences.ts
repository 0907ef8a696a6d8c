/** How far the outputs of one backend and schedule are from those of another. */
import type { Outputs } from './outputs.ts';

export interface Difference {
  /** Largest difference of two numbers. */
  absolute: number;
  /** The same as a share of the largest magnitude of the reference. */
  relative: number;
}

/** The differences of two outputs. `fams` is the worst layer, and undefined when the model has no FAM. */
export interface Compared {
  logits: Difference;
  fams: Difference | undefined;
}

export function compareOutputs({ logits, fams }: Outputs, reference: Outputs): Compared {
  const layers = Object.entries(fams).map(([layer, { values }]) =>
    differenceOf(values, reference.fams[layer]!.values),
  );
  return {
    logits: differenceOf(logits.values, reference.logits.values),
    fams: layers.sort((a, b) => b.relative - a.relative)[0],
  };
}

function differenceOf(values: ArrayLike<number>, reference: ArrayLike<number>): Difference {
  let [absolute, largest] = [0, 0];
  for (let i = 0; i < reference.length; i++) {
    absolute = Math.max(absolute, Math.abs(values[i]! - reference[i]!));
    largest = Math.max(largest, Math.abs(reference[i]!));
  }
  return { absolute, relative: absolute / (largest || 1) };
}
