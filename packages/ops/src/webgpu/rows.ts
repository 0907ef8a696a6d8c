/** What the shaders over rows share: a row for each workgroup, its values shared out among the lanes. */

/** Lanes of a workgroup. */
export const lanes = 64;

/** Defines `name(value, lane)`, which joins a value of each lane, by eights, by a function of WGSL: every lane gets the result. */
export const joinLanes = (name: string, join: (a: string, b: string) => string) => `
  var<workgroup> ${name}Values: array<f32, ${lanes}>;
  var<workgroup> ${name}Parts: array<f32, 8>;
  fn ${name}(value: f32, lane: u32) -> f32 {
    ${name}Values[lane] = value;
    workgroupBarrier();
    if (lane < 8u) {
      var part = ${name}Values[lane];
      for (var i = 8u; i < ${lanes}u; i += 8u) { part = ${join('part', `${name}Values[lane + i]`)}; }
      ${name}Parts[lane] = part;
    }
    workgroupBarrier();
    var all = ${name}Parts[0];
    for (var i = 1u; i < 8u; i++) { all = ${join('all', `${name}Parts[i]`)}; }
    return all;
  }`;

export const sumOfLanes = joinLanes('sumOf', (a, b) => `${a} + ${b}`);

/** Rows and their width, of a shape. */
export function rowsOf({ shape }: { shape: number[] }): { rows: number; width: number } {
  return { rows: shape.slice(0, -1).reduce((a, b) => a * b, 1), width: shape.at(-1)! };
}
