/** Attention in plain loops over queries and the keys that each sees, summed in float64. */
import {
  type AttentionAttributes,
  type AttentionResults,
  type AttentionTensors,
  type GradientAttributes,
  sizesOf,
} from '../problem.ts';
import { eachQuery } from './queries.ts';
import { add, dot, turn } from './vectors.ts';

/** From tensors and their values to the values of the outputs. */
export type Kernel<Tensors, Attributes> = (
  tensors: Tensors,
  values: Record<keyof Tensors, Float32Array>,
  attributes: Attributes,
) => { shape: number[]; values: Float32Array }[];

export const forward: Kernel<AttentionTensors, AttentionAttributes> = (tensors, values, attributes) => {
  const { D } = sizesOf(tensors);
  const turned = turner(values);
  const value = new Float32Array(values.q.length);
  const logSumExp = new Float32Array(values.q.length / D);

  eachQuery(tensors, values.visible, attributes, (query, runs) => {
    const q = slice(values.q, query, D);
    const scores = runs.map(({ pair: [keys], places, back }) => {
      const turnedQ = turned(q, back, 1);
      return places.map((place) => attributes.scale * dot(turnedQ, 0, values[keys], place, D));
    });
    const level = logSumExpOf(scores.flat());
    const sum = new Float64Array(D);
    runs.forEach(({ pair: [, name], places }, run) => {
      places.forEach((place, key) => {
        add(sum, 0, Math.exp(scores[run]![key]! - level), values[name], place, D);
      });
    });
    value.set(sum, query * D);
    logSumExp[query] = level;
  });
  return [
    { shape: tensors.q.shape, values: value },
    { shape: tensors.q.shape.slice(0, 4), values: logSumExp },
  ];
};

export const backward: Kernel<AttentionTensors & AttentionResults, GradientAttributes> = (
  tensors,
  values,
  { gradientsOf, ...attributes },
) => {
  const { D } = sizesOf(tensors);
  const turned = turner(values);
  const gradients = Object.fromEntries(
    gradientsOf.map((name) => [name, new Float64Array(values[name].length)]),
  );

  eachQuery(tensors, values.visible, attributes, (query, runs) => {
    const q = slice(values.q, query, D);
    const mean = dot(values.value, query * D, values.dy, query * D, D);
    for (const {
      pair: [keys, name],
      places,
      back,
    } of runs) {
      const turnedQ = turned(q, back, 1);
      const dTurnedQ = new Float64Array(D);
      for (const place of places) {
        const score = attributes.scale * dot(turnedQ, 0, values[keys], place, D);
        const weight = Math.exp(score - values.logSumExp[query]!);
        const slope = attributes.scale * weight * (dot(values.dy, query * D, values[name], place, D) - mean);
        add(gradients[name]!, place, weight, values.dy, query * D, D);
        add(gradients[keys]!, place, slope, turnedQ, 0, D);
        add(dTurnedQ, 0, slope, values[keys], place, D);
      }
      add(gradients.q!, query * D, 1, turned(dTurnedQ, back, -1), 0, D);
    }
  });
  return gradientsOf.map((name) => ({
    shape: tensors[name]!.shape,
    values: Float32Array.from(gradients[name]!),
  }));
};

function slice(values: Float32Array, row: number, D: number): Float64Array {
  return Float64Array.from(values.subarray(row * D, (row + 1) * D));
}

/** Turns a query towards keys some blocks back, by the tables of the call. */
function turner({ rotationCos, rotationSin }: Record<'rotationCos' | 'rotationSin', Float32Array>) {
  return (x: Float64Array, back: number, direction: 1 | -1) =>
    back > 0 && rotationCos ? turn(x, rotationCos, rotationSin, back - 1, direction) : x;
}

function logSumExpOf(scores: number[]): number {
  const highest = scores.reduce((a, b) => Math.max(a, b));
  return highest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - highest), 0));
}
