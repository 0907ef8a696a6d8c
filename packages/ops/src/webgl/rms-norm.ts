/** RMSNorm on webgl: a pass over the rows, and one over the elements. */
import type { WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';

type Inputs = { x: tf.TensorInfo; gain?: tf.TensorInfo | undefined };

/** Rows that one fragment adds up for the gradient of the gain. */
const STRIP = 64;

export function rmsNorm(
  host: WebglHost,
  { x, gain }: Inputs,
  { epsilon }: { epsilon: number },
): tf.TensorInfo[] {
  const width = x.shape.at(-1)!;
  const inverse = host.compute({
    shape: [...x.shape.slice(0, -1), 1],
    width: 1,
    code: `${sumOverRow('vec4 square(int row, int column) { vec4 x = x2x2(row, column); return x * x; }', 'square')}
      vec4 values(int row, int none) { return inversesqrt(sum(row) / float(width) + epsilon); }`,
    tensors: { x },
    widths: { x: width },
    integers: { width },
    floats: { epsilon },
  });
  const y = host.compute({
    shape: x.shape,
    width,
    code: `
      ${gainOf(gain)}
      vec4 values(int row, int column) { return x2x2(row, column) * inverses2x2(row, 0).xxzz * gains(column); }`,
    tensors: { x, inverses: inverse, ...(gain && { gain }) },
    widths: { x: width, inverses: 1 },
  });
  return [y, inverse];
}

export function rmsNormGradient(
  host: WebglHost,
  { x, gain, inverse, dy }: Inputs & Record<'inverse' | 'dy', tf.TensorInfo>,
  { gradientsOf }: { gradientsOf: ('x' | 'gain')[] },
): tf.TensorInfo[] {
  const width = x.shape.at(-1)!;
  const tensors = { x, dy, inverses: inverse, ...(gain && { gain }) };
  const widths = { x: width, dy: width, inverses: 1 };
  const along = host.compute({
    shape: inverse.shape,
    width: 1,
    code: `
      ${gainOf(gain)}
      ${sumOverRow('vec4 term(int row, int column) { return dy2x2(row, column) * gains(column) * x2x2(row, column); }', 'term')}
      vec4 values(int row, int none) { return sum(row) * inverses2x2(row, 0).xxzz / float(width); }`,
    tensors,
    widths,
    integers: { width },
  });
  const gradients = {
    x: () =>
      host.compute({
        shape: x.shape,
        width,
        code: `
          ${gainOf(gain)}
          vec4 values(int row, int column) {
            vec4 scale = inverses2x2(row, 0).xxzz;
            return (dy2x2(row, column) * gains(column) - x2x2(row, column) * scale * along2x2(row, 0).xxzz) * scale;
          }`,
        tensors: { ...tensors, along },
        widths: { ...widths, along: 1 },
      }),
    gain: () => gainGradient(host, width, { x, dy, inverses: inverse }),
  };
  const results = gradientsOf.map((name) => gradients[name]());
  host.release(along);
  return results;
}

/** Σ dy · x · inverse over the rows, first within strips of rows. */
function gainGradient(
  host: WebglHost,
  width: number,
  tensors: Record<'x' | 'dy' | 'inverses', tf.TensorInfo>,
): tf.TensorInfo {
  const rows = tensors.inverses.shape.reduce((a, b) => a * b, 1);
  if (rows === 0)
    return host.compute({
      shape: [width],
      width,
      code: 'vec4 values(int row, int column) { return vec4(0.0); }',
    });
  const strips = Math.ceil(rows / STRIP);
  const partial = host.compute({
    shape: [strips, width],
    width,
    code: `
      vec2 strip(int first, int column) {
        vec2 sum = vec2(0.0);
        for (int row = first; row < min(rows, first + ${STRIP}); row += 2) {
          vec4 term = x2x2(row, column) * dy2x2(row, column) * inverses2x2(row, 0).xxzz;
          sum += term.xy + (row + 1 < rows ? term.zw : vec2(0.0));
        }
        return sum;
      }
      vec4 values(int row, int column) { return vec4(strip(row * ${STRIP}, column), strip((row + 1) * ${STRIP}, column)); }`,
    tensors,
    widths: { x: width, dy: width, inverses: 1 },
    integers: { rows },
  });
  const gain = host.compute({
    shape: [width],
    width,
    code: `
      vec4 values(int none, int column) {
        vec2 sum = vec2(0.0);
        for (int row = 0; row < strips; row += 2) { vec4 two = partial2x2(row, column); sum += two.xy + (row + 1 < strips ? two.zw : vec2(0.0)); }
        return vec4(sum, 0.0, 0.0);
      }`,
    tensors: { partial },
    widths: { partial: width },
    integers: { strips },
  });
  host.release(partial);
  return gain;
}

/** GLSL of `vec4 sum(row)`: the sums of a function over two rows, as (first, 0, second, 0). */
function sumOverRow(code: string, name: string): string {
  return `
    ${code}
    vec4 sum(int row) {
      vec4 terms = vec4(0.0);
      for (int column = 0; column < width; column += 2) {
        terms += mix(vec4(0.0), ${name}(row, column), bvec4(true, column + 1 < width, true, column + 1 < width));
      }
      return vec4(terms.x + terms.y, 0.0, terms.z + terms.w, 0.0);
    }`;
}

function gainOf(gain: tf.TensorInfo | undefined): string {
  const values = gain ? 'vec2(gain(column), gain(column + 1)).xyxy' : 'vec4(1.0)';
  return `vec4 gains(int column) { return ${values}; }`;
}
