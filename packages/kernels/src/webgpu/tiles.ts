/**
 * Products of tiles in workgroup memory, the common frame of the attention shaders: 64 invocations, as 8 × 8, hold the
 * rows of one tile, of queries or of keys, for the whole run, while tiles of streamed rows pass by.
 *
 * Invocation (x, y) owns the resident rows x, x + 8, … and of each streamed tile the rows y, y + 8, …; of sums over
 * streamed rows it owns the vectors y, y + 8, … of its resident rows. Neighbouring invocations so read neighbouring
 * values of what is resident, and the same value of what is streamed.
 */
import { require, ShapeError } from '@famjs/backends';

export const workgroupSize = 64;

export interface Tile {
  /** Four-vectors of a row, which has zeros behind its head width. */
  vectors: number;
  resident: number;
  streamed: number;
}

/** How much of a device a shader takes. */
export interface Demand {
  /** Tensors whose tiles are resident, and streamed. */
  residents: number;
  streams: number;
  /** Arrays of one value for each pair of a resident and a streamed row. */
  weights: number;
  /** Sums of one vector for each resident row. */
  sums: number;
}

/** What registers hold for sure: four-vectors of sums in one invocation. */
const vectorsOfSums = 16;

/**
 * The tile with the most work for each value it loads that fits into memory and registers, over `rows` resident rows of
 * the width D. Widths share shaders in steps of 16.
 *
 * @throws ShapeError where the device has no memory for a tile of one row
 */
export function chooseTile(D: number, rows: number, limits: GPUSupportedLimits, demand: Demand): Tile {
  const vectors = 4 * Math.ceil(D / 16);
  const memory = limits.maxComputeWorkgroupStorageSize;
  // The sums of up to 8 rows must be somewhere, whatever registers there are: wide heads have no smaller tile.
  const most = Math.max(vectorsOfSums, demand.sums * Math.ceil(vectors / 8));
  const fits = (tile: Tile) =>
    bytesOf(tile, demand) <= memory &&
    demand.sums * residentRows(tile) * columns(tile) <= most &&
    (tile.resident <= 8 || tile.resident < 2 * rows);
  const share = ({ resident, streamed }: Tile) => (resident * streamed) / (resident + streamed);
  const sides = [32, 16, 8, 4, 2, 1];
  const tiles = sides.flatMap((resident) => sides.map((streamed) => ({ vectors, resident, streamed })));
  const fitting = tiles.filter(fits);
  require(fitting.length > 0, ShapeError, () => ({
    wrong: `Heads of ${D} need ${bytesOf({ vectors, resident: 1, streamed: 1 }, demand)} bytes of workgroup memory.`,
    expected: `at most the ${memory} bytes of this device.`,
    remedy: 'use narrower heads, or another backend.',
  }));
  return fitting.reduce((best, tile) => (share(tile) > share(best) ? tile : best));
}

function bytesOf({ vectors, resident, streamed }: Tile, { residents, streams, weights }: Demand): number {
  const lanes = Math.max(8, resident);
  return (
    4 *
    (residents * 4 * vectors * resident +
      streams * 4 * (vectors + 1) * streamed +
      (weights * Math.max(8, streamed) + 8) * lanes)
  );
}

/** Lines of code, one for each number below `count`. */
export function unroll(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

/** Constants and memory of a shader over tiles. */
export function declareTiles(
  tile: Tile,
  names: { resident: string[]; streamed: string[]; weights: string[] },
): string {
  const { vectors } = tile;
  return `
    const VECTORS = ${vectors}u;
    const RESIDENT = ${tile.resident}u;
    const STREAMED = ${tile.streamed}u;
    // Small tiles leave invocations idle, which still have places for what they compute.
    const LANES = ${Math.max(8, tile.resident)}u;
    // One vector more than a row has: rows then begin in different banks.
    const PITCH = ${vectors + 1}u;
    ${names.resident.map((name) => `var<workgroup> ${name}: array<f32, ${4 * vectors * tile.resident}>;`).join('\n')}
    ${names.streamed.map((name) => `var<workgroup> ${name}: array<vec4<f32>, ${(vectors + 1) * tile.streamed}>;`).join('\n')}
    ${names.weights.map((name) => `var<workgroup> ${name}: array<f32, ${Math.max(8, tile.streamed) * Math.max(8, tile.resident)}>;`).join('\n')}`;
}

const residentRows = ({ resident }: Tile) => Math.ceil(resident / 8);
const streamedRows = ({ streamed }: Tile) => Math.ceil(streamed / 8);
const columns = ({ vectors }: Tile) => Math.ceil(vectors / 8);

/** Whether the invocation's resident row r, or streamed row c, is one of the tile. */
const isResident = (r: number) => `x + ${8 * r}u < RESIDENT`;
export const isStreamed = (c: number) => `y + ${8 * c}u < STREAMED`;

/** For each resident row r of the invocation. */
export const eachResident = (tile: Tile, line: (r: number) => string) => unroll(residentRows(tile), line);

/** For each pair of a resident row r and a streamed row c of the invocation. */
export const eachPair = (tile: Tile, line: (r: number, c: number) => string) =>
  eachResident(tile, (r) => unroll(streamedRows(tile), (c) => line(r, c)));

/** For each pair of a resident row r and a vector c of the invocation. */
export const eachSum = (tile: Tile, line: (r: number, c: number) => string) =>
  eachResident(tile, (r) => unroll(columns(tile), (c) => line(r, c)));

/** Declares `<product>_r_c`: resident row r times streamed row c, for several products in one loop over the head width. */
export function products(tile: Tile, of: { product: string; resident: string; streamed: string }[]): string {
  return `
    ${of.map(({ product }) => eachPair(tile, (r, c) => `var ${product}_${r}_${c} = 0.0;`)).join('\n')}
    for (var j = 0u; j < VECTORS; j++) {
      ${of
        .map(
          ({ product, resident, streamed }) => `
      ${unroll(streamedRows(tile), (c) => `let ${product}_b${c} = ${streamed}[(y + ${8 * c}u) * PITCH + j];`)}
      ${eachResident(
        tile,
        (r) =>
          `let ${product}_a${r} = vec4<f32>(${unroll(4, (d) => `${resident}[(4u * j + ${d}u) * RESIDENT + x + ${8 * r}u],`)});`,
      )}
      ${eachPair(tile, (r, c) => `${product}_${r}_${c} += dot(${product}_a${r}, ${product}_b${c});`)}`,
        )
        .join('\n')}
    }`;
}

/** Declares the sums `<sum>_r_c` of vectors. */
export const declareSums = (tile: Tile, sums: string[]) =>
  sums.map((sum) => eachSum(tile, (r, c) => `var ${sum}_${r}_${c} = vec4<f32>();`)).join('\n');

/** Adds to each `<sum>_r_c` the streamed rows by their weights, for several sums in one loop over the streamed rows. */
export function addWeighted(tile: Tile, of: { sum: string; weights: string; streamed: string }[]): string {
  return `
    for (var key = 0u; key < STREAMED; key++) {
      ${of
        .map(
          ({ sum, weights, streamed }) => `
      ${eachResident(tile, (r) => `let ${sum}_w${r} = ${weights}[key * LANES + x + ${8 * r}u];`)}
      ${unroll(columns(tile), (c) => `let ${sum}_v${c} = ${streamed}[key * PITCH + y + ${8 * c}u];`)}
      ${eachSum(tile, (r, c) => `${sum}_${r}_${c} += ${sum}_w${r} * ${sum}_v${c};`)}`,
        )
        .join('\n')}
    }`;
}

/** Writes `<sum>_r_c` times `factor(r)` to the rows of this width of an output that begin at `at(r)`, where `holds(r)`. */
export function writeSums(
  tile: Tile,
  {
    sum,
    output,
    at,
    holds,
    factor,
    width,
  }: { sum: string; output: string; width: string } & Record<
    'at' | 'holds' | 'factor',
    (r: number) => string
  >,
): string {
  const [rows, vectors] = [residentRows(tile), columns(tile)];
  const list = (type: string, count: number, item: (index: number) => string) =>
    `array<${type}, ${count}>(${unroll(count, (index) => `${item(index)},`)})`;
  return `{
    var sums = ${list('vec4<f32>', rows * vectors, (i) => `${sum}_${Math.floor(i / vectors)}_${i % vectors} * ${factor(Math.floor(i / vectors))}`)};
    var starts = ${list('u32', rows, at)};
    var holds = ${list('bool', rows, (r) => `${isResident(r)} && ${holds(r)}`)};
    for (var r = 0u; r < ${rows}u; r++) {
      for (var c = 0u; c < ${vectors}u; c++) {
        for (var i = 0u; i < 4u; i++) {
          let column = 4u * (y + 8u * c) + i;
          if (holds[r] && column < ${width}) { ${output}[starts[r] + column] = sums[r * ${vectors}u + c][i]; }
        }
      }
    }
  }`;
}
