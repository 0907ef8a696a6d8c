/** Shaders that compute their values one by one: an invocation for each. */
import type { Dispatch } from '@famjs/backends/webgpu';

const workgroupSize = 64;

/** A dispatch whose code gets the number of its value as `index`. */
export function each(
  count: number,
  { code, counts = {}, ...dispatch }: Omit<Dispatch, 'workgroupSize' | 'workgroups'>,
): Dispatch {
  return {
    ...dispatch,
    counts: { ...counts, count },
    code: () => `
      fn kernel(workgroup: u32, lane: u32) {
        let index = workgroup * ${workgroupSize}u + lane;
        if (index < sizes.count) { compute(index); }
      }
      ${code()}`,
    workgroupSize,
    workgroups: Math.ceil(count / workgroupSize),
  };
}
