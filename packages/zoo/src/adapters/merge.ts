/** Adapters added to the weights that they change: W + Σ s · B · A, rounded to float32 once. */
import type { Values } from '../formats/values.ts';
import { type Adapters, loraNames, namesOn, scaleOf } from './lora.ts';

/**
 * Adds to a weight, in place, what adapters make of its map.
 *
 * @param weight [out, in]
 * @param numbersOf A [rank, in] and B [out, rank] by name
 */
export function mergeInto(
  { values: weight, shape }: Values,
  map: string,
  adapters: Adapters | undefined,
  numbersOf: (name: string) => ArrayLike<number>,
): void {
  const [out, inner] = shape as [number, number];
  const parts = namesOn(map, adapters).map((name) => {
    const { down, up } = loraNames(map, name);
    const lora = adapters![name]!;
    return {
      down: numbersOf(down),
      up: numbersOf(up),
      scale: scaleOf(lora, map),
      rank: lora.maps[map]!.rank,
    };
  });
  if (parts.length === 0) return;
  const row = new Float64Array(inner);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) row[i] = weight[o * inner + i]!;
    for (const { down, up, scale, rank } of parts) {
      for (let r = 0; r < rank; r++) {
        const factor = scale * up[o * rank + r]!;
        for (let i = 0; i < inner; i++) row[i]! += factor * down[r * inner + i]!;
      }
    }
    weight.set(row, o * inner);
  }
}
