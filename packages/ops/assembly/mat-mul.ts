/** Matrix products of any layout (Goto and van de Geijn, 2008): blocks that fit the caches, packed, tile by tile. */
import { pack } from './pack';
import { COLUMNS, ROWS, multiplyTile } from './tile';

/** Depth of a block: one panel of either side then stays in the first-level cache. */
export const DEPTH: i32 = 256;
/** Columns of a block: the packed right side then stays in the second-level cache. */
export const WIDTH: i32 = 512;

const TILE_BYTES: usize = ROWS * COLUMNS * 4;
const LEFT_BYTES: usize = ROWS * DEPTH * 4;

/** Bytes of working memory that `matMul` needs. */
export function matMulScratch(): usize {
  return TILE_BYTES + LEFT_BYTES + WIDTH * DEPTH * 4;
}

/**
 * result [rows, columns] = left [rows, depth] · right [depth, columns]. All strides are in bytes; of the two strides of
 * a side one is 4.
 */
export function matMul(
  left: usize,
  leftRowStride: usize,
  leftDepthStride: usize,
  right: usize,
  rightColumnStride: usize,
  rightDepthStride: usize,
  result: usize,
  rows: i32,
  columns: i32,
  depth: i32,
  scratch: usize,
): void {
  const packedRight = scratch + TILE_BYTES + LEFT_BYTES;
  const stride = (<usize>columns) << 2;
  if (depth === 0) memory.fill(result, 0, <usize>rows * stride);

  for (let column = 0; column < columns; column += WIDTH) {
    const width = min(WIDTH, columns - column);
    for (let start = 0; start < depth; start += DEPTH) {
      const run = min(DEPTH, depth - start);
      const block = right + <usize>column * rightColumnStride + <usize>start * rightDepthStride;
      pack(block, rightColumnStride, rightDepthStride, width, run, COLUMNS, packedRight);
      multiplyRows(
        left,
        leftRowStride,
        leftDepthStride,
        packedRight,
        result,
        rows,
        columns,
        column,
        width,
        start,
        run,
        scratch,
      );
    }
  }
}

/** All rows of the left side by a packed block of the right one, whose depths from `start` on are `run` and columns `width`. */
export function multiplyRows(
  left: usize,
  leftRowStride: usize,
  leftDepthStride: usize,
  packedRight: usize,
  result: usize,
  rows: i32,
  columns: i32,
  column: i32,
  width: i32,
  start: i32,
  run: i32,
  scratch: usize,
): void {
  const packedLeft = scratch + TILE_BYTES;
  const stride = (<usize>columns) << 2;
  for (let row = 0; row < rows; row += ROWS) {
    const height = min(ROWS, rows - row);
    const panel = left + <usize>row * leftRowStride + <usize>start * leftDepthStride;
    pack(panel, leftRowStride, leftDepthStride, height, run, ROWS, packedLeft);
    const band = result + <usize>row * stride + ((<usize>column) << 2);
    multiplyBand(packedLeft, packedRight, run, band, stride, height, width, start > 0, scratch);
  }
}

/** Up to four rows of the result: whole tiles in place, those at the edges by way of `spare`. */
function multiplyBand(
  left: usize,
  right: usize,
  depth: i32,
  band: usize,
  stride: usize,
  height: i32,
  width: i32,
  add: bool,
  spare: usize,
): void {
  for (let column = 0; column < width; column += COLUMNS) {
    const present = min(COLUMNS, width - column);
    const tile = band + ((<usize>column) << 2);
    if (height === ROWS && present === COLUMNS) {
      multiplyTile(left, right, depth, tile, stride, add);
    } else {
      multiplyTile(left, right, depth, spare, COLUMNS << 2, false);
      copyTile(spare, tile, stride, height, present, add);
    }
    right += <usize>depth * (COLUMNS << 2);
  }
}

/** The part of a tile that the result has. */
function copyTile(tile: usize, to: usize, stride: usize, height: i32, width: i32, add: bool): void {
  for (let row = 0; row < height; row++) {
    for (let column: usize = 0; column < (<usize>width) << 2; column += 4) {
      const value = load<f32>(tile + <usize>row * (COLUMNS << 2) + column);
      const at = to + <usize>row * stride + column;
      store<f32>(at, add ? load<f32>(at) + value : value);
    }
  }
}
