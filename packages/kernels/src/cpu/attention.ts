/** Attention in plain loops over queries and the keys that each sees, summed in float64. */
import type { AttentionResults, AttentionTensors, Problem } from '../problem.ts';
import { eachQuery } from './queries.ts';
import { add, dot, rotate } from './vectors.ts';

export type Values<Tensors> = Record<keyof Tensors, Float32Array>;

/** @returns the value [B, T, N, H, Dv] and its log-sum-exp [B, T, N, H] */
export function forward(
  problem: Problem,
  values: Values<AttentionTensors>,
): { value: Float32Array; logSumExp: Float32Array } {
  const { B, T, N, H, D, Dv, scale } = problem;
  const rotated = rotator(values);
  const value = new Float32Array(B * T * N * H * Dv);
  const logSumExp = new Float32Array(B * T * N * H);

  eachQuery(problem, values.visible, (query, runs) => {
    const q = slice(values.q, query, D);
    const scores = runs.map(({ pair: [keys], rows, back }) => {
      const rotatedQ = rotated(q, back, 1);
      return rows.map((row) => scale * dot(rotatedQ, 0, values[keys], row * D, D));
    });
    const total = logSumExpOf(scores.flat());
    const sum = new Float64Array(Dv);
    runs.forEach(({ pair: [, name], rows }, run) => {
      rows.forEach((row, key) => {
        add(sum, 0, Math.exp(scores[run]![key]! - total), values[name], row * Dv, Dv);
      });
    });
    value.set(sum, query * Dv);
    logSumExp[query] = total;
  });
  return { value, logSumExp };
}

/** @returns the gradients of the named inputs */
export function backward(
  problem: Problem,
  values: Values<AttentionTensors & AttentionResults>,
  gradientsOf: (keyof AttentionTensors)[],
): Float32Array[] {
  const { D, Dv, scale } = problem;
  const rotated = rotator(values);
  const gradients = Object.fromEntries(
    gradientsOf.map((name) => [name, new Float64Array(values[name].length)]),
  );

  eachQuery(problem, values.visible, (query, runs) => {
    const q = slice(values.q, query, D);
    const delta = dot(values.value, query * Dv, values.dy, query * Dv, Dv);
    for (const {
      pair: [keys, name],
      rows,
      back,
    } of runs) {
      const rotatedQ = rotated(q, back, 1);
      const dRotatedQ = new Float64Array(D);
      for (const row of rows) {
        const score = scale * dot(rotatedQ, 0, values[keys], row * D, D);
        const weight = Math.exp(score - values.logSumExp[query]!);
        const dS = scale * weight * (dot(values.dy, query * Dv, values[name], row * Dv, Dv) - delta);
        add(gradients[name]!, row * Dv, weight, values.dy, query * Dv, Dv);
        add(gradients[keys]!, row * D, dS, rotatedQ, 0, D);
        add(dRotatedQ, 0, dS, values[keys], row * D, D);
      }
      add(gradients.q!, query * D, 1, rotated(dRotatedQ, back, -1), 0, D);
    }
  });
  return gradientsOf.map((name) => Float32Array.from(gradients[name]!));
}

function slice(values: Float32Array, row: number, D: number): Float64Array {
  return Float64Array.from(values.subarray(row * D, (row + 1) * D));
}

/** Rotates a query towards keys some blocks back, by the tables of the call. */
function rotator({ rotationCos, rotationSin }: Record<'rotationCos' | 'rotationSin', Float32Array>) {
  return (x: Float64Array, back: number, direction: 1 | -1) =>
    back > 0 && rotationCos ? rotate(x, rotationCos, rotationSin, back - 1, direction) : x;
}

function logSumExpOf(scores: number[]): number {
  const highest = scores.reduce((a, b) => Math.max(a, b));
  return highest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0));
}
