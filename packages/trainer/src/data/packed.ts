/** Documents one after the other without barriers (spec.md, "Packing"), as one that is as long as all of them. */
import { hashOf } from '@famjs/zoo';
import type { Document } from './document.ts';
import { endsOf, placeIn, sourceOf, type TokenPart, type TokenSource } from './token-source.ts';

type Weighted = TokenPart & { weights: Float32Array };

/**
 * The source of one document, which holds all of these; none of their tokens is read before it is asked for.
 *
 * @param end the token behind each; what predicts it counts as what predicts the last token before it. None unless given
 */
export function packed(documents: readonly Document[] | TokenSource, end?: number): TokenSource {
  const source = sourceOf(documents);
  if (end === undefined && source.documents === 1) return source;
  const behind = end === undefined ? 0 : 1;
  const ends = endsOf(source.documents, (index) => source.lengthOf(index) + behind);

  /** What of document `index` and the token behind it stands from `from` on, before `to`. */
  async function part(index: number, from: number, to: number): Promise<Weighted> {
    const length = source.lengthOf(index);
    // The last token says how much the one behind it counts.
    const first = to > length ? Math.max(0, Math.min(from, length - 1)) : from;
    const read = await source.read(index, first, Math.min(to, length));
    const [tokens, weights] = [new Int32Array(to - from), new Float32Array(to - from)];
    tokens.set(read.tokens.subarray(from - first));
    const counts = read.weights ?? new Float32Array(read.tokens.length).fill(1);
    weights.set(counts.subarray(from - first));
    if (to > length) {
      tokens[length - from] = end!;
      weights[length - from] = counts.at(-1) ?? 0;
    }
    return { tokens, weights };
  }

  return {
    documents: 1,
    lengthOf: () => ends.at(-1) ?? 0,
    hashesOf() {
      let isWeighted = false;
      function* hashes(which: 0 | 1): Generator<string> {
        yield `${end}`;
        for (let index = 0; index < source.documents; index++) {
          const hash = source.hashesOf(index);
          isWeighted ||= hash[1] !== 0;
          yield ` ${hash[which]}`;
        }
      }
      const [tokens, weights] = [hashOf(hashes(0)), hashOf(hashes(1))];
      return [tokens, isWeighted ? weights : 0];
    },
    async read(_, from, to) {
      const [tokens, weights] = [new Int32Array(to - from), new Float32Array(to - from)];
      for (let at = from; at < to; ) {
        const index = placeIn(ends, at);
        const begin = ends[index - 1] ?? 0;
        const until = Math.min(to, ends[index]!);
        const read = await part(index, at - begin, until - begin);
        tokens.set(read.tokens, at - from);
        weights.set(read.weights, at - from);
        at = until;
      }
      return { tokens, weights };
    },
  };
}
