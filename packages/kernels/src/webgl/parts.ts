/** Cuts a problem into parts of which one's scores are in memory at a time. */
import type { WebglHost } from '@famjs/backends/webgl';
import type { Layout } from './layout.ts';
import type { Part } from './products.ts';

/** Bytes that a matrix of scores may take: enough to keep a GPU busy, little beside the tensors of a large model. */
const MOST_BYTES = 1 << 23;

/** @param together heads that must not be parted */
export function partsOf({ largest }: WebglHost, layout: Layout, together: number): Part[] {
  const { R, NG, KG, H, blocks } = layout;
  const bytes = 16 * R * NG * KG;
  const heads = together * wholes(Math.min(MOST_BYTES / bytes, largest / KG) / together, H / together);
  const rows = heads < H ? 1 : wholes(Math.min(MOST_BYTES / (bytes * H), largest / NG), blocks);
  const parts: Part[] = [];
  for (let firstBlock = 0; firstBlock < blocks; firstBlock += rows) {
    for (let firstHead = 0; firstHead < H; firstHead += heads) {
      parts.push({
        firstBlock,
        firstHead,
        blocks: Math.min(rows, blocks - firstBlock),
        heads: Math.min(heads, H - firstHead),
      });
    }
  }
  return parts;
}

/** How many of `count` fit at a time, at least one, in portions as even as they can be. */
function wholes(fit: number, count: number): number {
  const portions = Math.ceil(count / Math.max(1, Math.floor(fit)));
  return Math.ceil(count / portions);
}
