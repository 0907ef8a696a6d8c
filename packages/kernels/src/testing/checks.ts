/** The suite that attention of every backend passes, as named checks: any test runner, or none, can run them. */
import { type Comparison, expectClose, type Tolerance } from '@famjs/backends/testing';
import * as tf from '@tensorflow/tfjs-core';
import { blockAttention } from '../attention.ts';
import { callOf, sampleInputs, sampleUpstream } from './call.ts';
import { edges } from './edges.ts';
import { exactAttention, type Structure, shapesOf, valueShape } from './oracle.ts';
import { structures } from './structures.ts';

export interface Check {
  name: string;
  /** Runs on the current backend. Rejects with an Error that says what differs, by how much, in which structure. */
  run(): Promise<void>;
}

export interface AttentionChecks {
  /** What is checked; by default `blockAttention` with the kernels of the current backend. */
  attention?: typeof blockAttention;
  /** Random structures per check. */
  runs?: number;
  /** Determines what is random; by default fast-check's own seed, which failures name. */
  seed?: number;
  /** Of the value. */
  forward?: Tolerance;
  /** Of the gradients. */
  backward?: Tolerance;
  /** Told of every tensor that was compared, for instance to keep the worst case. */
  onCompared?: (what: string, comparison: Comparison) => void;
}

/** What float32 allows: forward, where 2⁻²³ for each unit of a score's standard deviation is added to the relative part; gradient. */
export const float32: { forward: Tolerance; backward: Tolerance } = {
  forward: { relative: 1e-5, absolute: 1e-6 },
  backward: { relative: 1e-4, absolute: 1e-5 },
};

/**
 * Checks attention against loops in float64 over random structures and over those that cross the edges of tiles: the
 * value, the gradient of every input, that what is not a number stays visible, and that no tensor is left behind.
 *
 * The random structures need the package fast-check, which is imported when such a check runs.
 */
export function attentionChecks({ runs = 60, seed, ...options }: AttentionChecks = {}): Check[] {
  const random = (name: string, magnitude: number): Check => ({
    name,
    async run() {
      const { default: fc } = await import('fast-check');
      await fc.assert(
        fc.asyncProperty(structures(fc), fc.nat(1e6), (structure, inputs) =>
          expectExact(structure, inputs, magnitude, options),
        ),
        { numRuns: runs, includeErrorInReport: true, ...(seed !== undefined && { seed }) },
      );
    },
  });
  return [
    random('of any structure is a softmax over what each query sees', 1),
    random('is as good where scores are large', 30),
    ...Object.entries(edges).map(([name, structure]) => ({
      name: `holds for ${name}`,
      run: () => expectExact(structure, 1, 1, options),
    })),
    { name: 'what is not a number stays visible', run: () => expectVisibleNaN(options) },
  ];
}

/** Throws unless value and gradients are those of the loops, and nothing is left behind. */
async function expectExact(
  structure: Structure,
  seed: number,
  magnitude: number,
  { attention = blockAttention, forward, backward, onCompared }: AttentionChecks,
): Promise<void> {
  const shapes = shapesOf(structure);
  const inputs = sampleInputs(structure, seed, magnitude);
  const dy = sampleUpstream(structure, seed + 10);
  const exact = exactAttention(structure, inFloat64(inputs), dy);
  const attend = (...tensors: tf.Tensor[]) => attention(callOf(structure, tensors));
  const compare = async (actual: tf.Tensor, expected: Float64Array, tolerance: Tolerance, what: string) => {
    requireEqual(actual.size, expected.length, `the size of ${what}`);
    const comparison = await expectClose(actual, expected, tolerance, what);
    onCompared?.(what, comparison);
  };

  const before = footprint();
  const [value, ...gradients] = tf.tidy(() => {
    const tensors = Object.entries(shapes).map(([name, shape]) => tf.tensor(inputs[name]!, shape));
    return [attend(...tensors), ...tf.grads(attend)(tensors, tf.tensor(dy, valueShape(structure)))];
  });
  const { D, scale = 1 / Math.sqrt(D) } = structure;
  const { relative: stated, absolute: least } = forward ?? float32.forward;
  const rounding = 2 ** -23 * scale * Math.sqrt(D) * magnitude; // What rounding a score does to its weight.
  await compare(value!, exact.value, { relative: stated + rounding, absolute: least }, 'attention');
  const { relative, absolute } = backward ?? float32.backward;
  for (const [index, [name, shape]] of Object.entries(shapes).entries()) {
    const what = `the gradient in ${name}`;
    requireEqual(gradients[index]!.shape, shape, `the shape of ${what}`);
    await compare(
      gradients[index]!,
      exact.gradients[name]!,
      { relative, absolute: absolute * magnitude },
      what,
    );
  }
  tf.dispose([value!, ...gradients]);
  requireEqual(footprint(), before, 'what the engine and the backend hold');
}

/** Throws unless a query that is not a number makes its own row not a number, and no other. */
async function expectVisibleNaN({ attention = blockAttention }: AttentionChecks): Promise<void> {
  const structure = edges['more keys than a tile']!;
  const inputs = sampleInputs(structure, 1);
  inputs.q![7 * structure.D] = Number.NaN;
  const value = tf.tidy(() => {
    const tensors = Object.entries(shapesOf(structure)).map(([name, shape]) =>
      tf.tensor(inputs[name]!, shape),
    );
    return attention(callOf(structure, tensors));
  });
  const values = await value.data();
  value.dispose();
  const rows = Array.from({ length: structure.N }, (_, row) => row);
  const notNumbers = rows.filter((row) => Number.isNaN(values[row * structure.D]));
  requireEqual(notNumbers, [7], 'the rows that are not numbers');
}

/** What the engine counts, and what the backend holds whether the engine knows or not. */
function footprint() {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { numTensors, numDataBuffers, numBytes, held: tf.engine().backend.numDataIds() };
}

function requireEqual(actual: unknown, expected: unknown, what: string): void {
  const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== wanted) throw new Error(`${what}: ${is}, expected ${wanted}`);
}

function inFloat64(inputs: Record<string, Float32Array>): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, values]) => [name, Float64Array.from(values)]),
  );
}
