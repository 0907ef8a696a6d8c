/** WGSL by which the lanes of a workgroup join what each of them has. */

export type Join = 'sum' | 'highest';

const joins = {
  sum: { pair: (a: string, b: string) => `${a} + ${b}`, ofSubgroup: 'subgroupAdd' },
  highest: { pair: (a: string, b: string) => `max(${a}, ${b})`, ofSubgroup: 'subgroupMax' },
};

/**
 * `fn <name>(value: f32, lane: u32) -> f32`: every lane gets the sum, or the highest, of the values of all lanes. Whole
 * workgroups must call it together, as they must a barrier.
 *
 * @param lanes a multiple of 8, of a workgroup
 * @param subgroups whether the device joins the lanes of a subgroup by itself
 */
export function joinLanes(name: string, join: Join, lanes: number, subgroups: boolean): string {
  return subgroups ? bySubgroups(name, join, lanes) : byEights(name, join, lanes);
}

/** One part for each subgroup, written by its first lane. Subgroups may be of 4 to 128 lanes. */
function bySubgroups(name: string, join: Join, lanes: number): string {
  const { pair, ofSubgroup } = joins[join];
  return `
    var<workgroup> ${name}Parts: array<f32, ${lanes / 4}>;
    fn ${name}(value: f32, lane: u32) -> f32 {
      let part = ${ofSubgroup}(value);
      workgroupBarrier();
      if (subgroupLane == 0u) { ${name}Parts[lane / subgroupSize] = part; }
      workgroupBarrier();
      var all = ${name}Parts[0];
      for (var i = 1u; i * subgroupSize < ${lanes}u; i++) { all = ${pair('all', `${name}Parts[i]`)}; }
      return all;
    }`;
}

/** One part for each eighth of the lanes. */
function byEights(name: string, join: Join, lanes: number): string {
  const { pair } = joins[join];
  return `
    var<workgroup> ${name}Values: array<f32, ${lanes}>;
    var<workgroup> ${name}Parts: array<f32, 8>;
    fn ${name}(value: f32, lane: u32) -> f32 {
      ${name}Values[lane] = value;
      workgroupBarrier();
      if (lane < 8u) {
        var part = ${name}Values[lane];
        for (var i = 8u; i < ${lanes}u; i += 8u) { part = ${pair('part', `${name}Values[lane + i]`)}; }
        ${name}Parts[lane] = part;
      }
      workgroupBarrier();
      var all = ${name}Parts[0];
      for (var i = 1u; i < 8u; i++) { all = ${pair('all', `${name}Parts[i]`)}; }
      return all;
    }`;
}
