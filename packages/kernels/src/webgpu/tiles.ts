/**
 * Products of tiles in workgroup memory, the common frame of the attention shaders: 64 invocations, as 8 × 8, hold the
 * "still" rows of one tile for the whole run, while tiles of "streamed" rows pass by.
 *
 * Invocation (x, y) owns the still rows x, x + 8, … and of each streamed tile the rows y, y + 8, …; of sums over
 * streamed rows it owns the vectors y, y + 8, … of its still rows. Neighbouring invocations so read neighbouring values
 * of what is still, and the same value of what is streamed.
 */

export const workgroupSize = 64;

export interface Tile {
  /** Four-vectors of a row, which has zeros behind its head width. */
  vectors: number;
  still: number;
  streamed: number;
}

/** How much of a device a shader takes. */
export interface Demand {
  /** Tensors whose tiles are still, and streamed. */
  stills: number;
  streams: number;
  /** Arrays of one value for each pair of a still and a streamed row. */
  weights: number;
  /** Sums of one vector for each still row. */
  sums: number;
}

/** What registers hold for sure: four-vectors of sums in one invocation. */
const vectorsOfSums = 16;

/**
 * The tile with the most work for each value it loads that fits into memory and registers, over `rows` still rows of the
 * head width D. Head widths share shaders in steps of 16.
 */
export function chooseTile(D: number, rows: number, limits: GPUSupportedLimits, demand: Demand): Tile {
  const fits = (tile: Tile) =>
    bytesOf(tile, demand) <= limits.maxComputeWorkgroupStorageSize &&
    demand.sums * stillRows(tile) * columns(tile) <= vectorsOfSums &&
    (tile.still <= 8 || tile.still < 2 * rows);
  const share = ({ still, streamed }: Tile) => (still * streamed) / (still + streamed);
  const vectors = 4 * Math.ceil(D / 16);
  const tiles = [32, 16, 8, 4, 2].flatMap((still) =>
    [32, 16, 8, 4, 2].map((streamed) => ({ vectors, still, streamed })),
  );
  return tiles.filter(fits).reduce((best, tile) => (share(tile) > share(best) ? tile : best), tiles.at(-1)!);
}

function bytesOf({ vectors, still, streamed }: Tile, { stills, streams, weights }: Demand): number {
  const lanes = Math.max(8, still);
  return (
    4 *
    (stills * 4 * vectors * still +
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
  names: { still: string[]; streamed: string[]; weights: string[] },
): string {
  const { vectors } = tile;
  return `
    const VECTORS = ${vectors}u;
    const STILL = ${tile.still}u;
    const STREAMED = ${tile.streamed}u;
    // Small tiles leave invocations idle, which still have places for what they compute.
    const LANES = ${Math.max(8, tile.still)}u;
    // One vector more than a row has: rows then begin in different banks.
    const PITCH = ${vectors + 1}u;
    ${names.still.map((name) => `var<workgroup> ${name}: array<f32, ${4 * vectors * tile.still}>;`).join('\n')}
    ${names.streamed.map((name) => `var<workgroup> ${name}: array<vec4<f32>, ${(vectors + 1) * tile.streamed}>;`).join('\n')}
    ${names.weights.map((name) => `var<workgroup> ${name}: array<f32, ${Math.max(8, tile.streamed) * Math.max(8, tile.still)}>;`).join('\n')}`;
}

const stillRows = ({ still }: Tile) => Math.ceil(still / 8);
const streamedRows = ({ streamed }: Tile) => Math.ceil(streamed / 8);
const columns = ({ vectors }: Tile) => Math.ceil(vectors / 8);

/** Whether the invocation's still row r, or streamed row c, is one of the tile. */
const isStill = (r: number) => `x + ${8 * r}u < STILL`;
export const isStreamed = (c: number) => `y + ${8 * c}u < STREAMED`;

/** For each still row r of the invocation. */
export const eachStill = (tile: Tile, line: (r: number) => string) => unroll(stillRows(tile), line);

/** For each pair of a still row r and a streamed row c of the invocation. */
export const eachPair = (tile: Tile, line: (r: number, c: number) => string) =>
  eachStill(tile, (r) => unroll(streamedRows(tile), (c) => line(r, c)));

/** For each pair of a still row r and a vector c of the invocation. */
export const eachSum = (tile: Tile, line: (r: number, c: number) => string) =>
  eachStill(tile, (r) => unroll(columns(tile), (c) => line(r, c)));

/** Declares `<product>_r_c`: still row r times streamed row c, for several products in one loop over the head width. */
export function products(tile: Tile, of: { product: string; still: string; streamed: string }[]): string {
  return `
    ${of.map(({ product }) => eachPair(tile, (r, c) => `var ${product}_${r}_${c} = 0.0;`)).join('\n')}
    for (var j = 0u; j < VECTORS; j++) {
      ${of
        .map(
          ({ product, still, streamed }) => `
      ${unroll(streamedRows(tile), (c) => `let ${product}_b${c} = ${streamed}[(y + ${8 * c}u) * PITCH + j];`)}
      ${eachStill(
        tile,
        (r) =>
          `let ${product}_a${r} = vec4<f32>(${unroll(4, (d) => `${still}[(4u * j + ${d}u) * STILL + x + ${8 * r}u],`)});`,
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
      ${eachStill(tile, (r) => `let ${sum}_w${r} = ${weights}[key * LANES + x + ${8 * r}u];`)}
      ${unroll(columns(tile), (c) => `let ${sum}_v${c} = ${streamed}[key * PITCH + y + ${8 * c}u];`)}
      ${eachSum(tile, (r, c) => `${sum}_${r}_${c} += ${sum}_w${r} * ${sum}_v${c};`)}`,
        )
        .join('\n')}
    }`;
}

/** Writes `<sum>_r_c` times `factor(r)` to the rows of an output that begin at `at(r)`, where `holds(r)`. */
export function writeSums(
  tile: Tile,
  {
    sum,
    output,
    at,
    holds,
    factor,
  }: { sum: string; output: string } & Record<'at' | 'holds' | 'factor', (r: number) => string>,
): string {
  const [rows, vectors] = [stillRows(tile), columns(tile)];
  const list = (type: string, count: number, item: (index: number) => string) =>
    `array<${type}, ${count}>(${unroll(count, (index) => `${item(index)},`)})`;
  return `{
    var sums = ${list('vec4<f32>', rows * vectors, (i) => `${sum}_${Math.floor(i / vectors)}_${i % vectors} * ${factor(Math.floor(i / vectors))}`)};
    var starts = ${list('u32', rows, at)};
    var holds = ${list('bool', rows, (r) => `${isStill(r)} && ${holds(r)}`)};
    for (var r = 0u; r < ${rows}u; r++) {
      for (var c = 0u; c < ${vectors}u; c++) {
        for (var i = 0u; i < 4u; i++) {
          let column = 4u * (y + 8u * c) + i;
          if (holds[r] && column < sizes.D) { ${output}[starts[r] + column] = sums[r * ${vectors}u + c][i]; }
        }
      }
    }
  }`;
}
