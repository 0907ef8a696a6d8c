/** Samplers keep what they say they keep, and draw tokens as often as their probabilities say. */
import { describe, expect, test } from 'vitest';
import { stream } from '../random.ts';
import {
  drawToken,
  keepMinP,
  keepTopK,
  keepTopP,
  mostLikely,
  penalizeRepetition,
  sample,
  softmax,
} from './samplers.ts';

const logits = Float32Array.from([0.5, 0.1, 0.2, 0.15, 0.05], Math.log);
const out = Number.NEGATIVE_INFINITY;
const kept = (left: Float32Array) => [...left.keys()].filter((token) => left[token] !== out);

describe('samplers', () => {
  test('softmax gives probabilities, of large numbers too', () => {
    const expected = [0.5, 0.1, 0.2, 0.15, 0.05];
    for (const shift of [0, 1e4]) {
      softmax(logits.map((value) => value + shift)).forEach((p, i) => {
        expect(p).toBeCloseTo(expected[i]!, shift ? 2 : 6);
      });
    }
  });

  test('keep the k largest, the nucleus, and what has its share of the largest', () => {
    expect(kept(keepTopK(logits, 2))).toEqual([0, 2]);
    expect(kept(keepTopK(logits, 9))).toEqual([0, 1, 2, 3, 4]);
    expect(kept(keepTopP(logits, 0.4))).toEqual([0]);
    expect(kept(keepTopP(logits, 0.51))).toEqual([0, 2]);
    expect(kept(keepTopP(logits, 0.84))).toEqual([0, 2, 3]);
    expect(kept(keepMinP(logits, 0.25))).toEqual([0, 2, 3]);
    expect(kept(keepMinP(logits, 1))).toEqual([0]);
  });

  test('draw by the running sum of probabilities', () => {
    expect([0, 0.49, 0.51, 0.61, 0.96, 1 - 2 ** -32].map((u) => drawToken(logits, u))).toEqual([
      0, 0, 1, 2, 4, 4,
    ]);
    expect(drawToken(keepTopK(logits, 1), 0.999)).toBe(0);
  });

  test('draw as often as temperature and filters say', () => {
    const counts = [0, 0, 0, 0, 0];
    const draws = 4000;
    for (let i = 0; i < draws; i++) {
      counts[sample(logits, { temperature: 0.5, topK: 3 }, () => stream(3, 'sampling', i).uniform())]!++;
    }
    const weights = [0.25, 0, 0.04, 0.0225, 0];
    const sum = weights.reduce((a, b) => a + b);
    weights.forEach((weight, token) => {
      expect(Math.abs(counts[token]! / draws - weight / sum)).toBeLessThan(0.02);
    });
  });

  test('penalize what was there, as transformers does, at temperature 0 too', () => {
    const scores = Float32Array.of(2, -1, 0, 3, 1);
    expect([...penalizeRepetition(scores, [0, 1, 2], 2)]).toEqual([1, -2, 0, 3, 1]);
    expect([...penalizeRepetition(scores, new Set([0, 1]), 0.5)]).toEqual([4, -0.5, 0, 3, 1]);
    const greedy = { temperature: 0, repetitionPenalty: 2 };
    expect(sample(scores, greedy, () => 0, [3])).toBe(0);
    expect(sample(scores, greedy, () => 0, [3, 0])).toBe(3);
    expect([...scores]).toEqual([2, -1, 0, 3, 1]);
  });

  test('take the most likely at temperature 0, the first of equals', () => {
    expect(sample(logits, { temperature: 0, topK: 3 }, () => 0.99)).toBe(0);
    expect(mostLikely(Float32Array.of(1, 3, 2, 3))).toBe(1);
  });
});
