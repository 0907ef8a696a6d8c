/** Rotary position embedding on webgl; its gradient turns back. */
import { elementwise, type WebglHost } from '@famjs/backends/webgl';
import type * as tf from '@tensorflow/tfjs-core';

type Angles = { cos: tf.TensorInfo; sin: tf.TensorInfo };
type Attributes = { inverse: boolean };

export function rotary(
  host: WebglHost,
  inputs: Angles & { x: tf.TensorInfo },
  { inverse }: Attributes,
): tf.TensorInfo[] {
  return rotate(host, inputs.x, inputs, inverse);
}

export function rotaryGradient(
  host: WebglHost,
  inputs: Angles & { dy: tf.TensorInfo },
  { inverse }: Attributes,
): tf.TensorInfo[] {
  return rotate(host, inputs.dy, inputs, !inverse);
}

/** Rows are heads or tokens, as they lie in the texture: what follows the rotation then finds them as it would without. */
function rotate(host: WebglHost, x: tf.TensorInfo, { cos, sin }: Angles, inverse: boolean): tf.TensorInfo[] {
  const [positions, heads, D] = x.shape.slice(-3) as [number, number, number];
  const width = host.rowWidth(x) === heads * D ? heads * D : D;
  const pairs = D % 4 === 0;
  const code = pairs
    ? `
      vec2 angles(int row, int d, out vec2 sines) {
        int place = angleOf(row, d);
        sines = vec2(sin_(place), sin_(place + 1));
        return vec2(cos_(place), cos_(place + 1));
      }
      vec4 values(int row, int column) {
        int d = column - over(column, D) * D;
        vec2 sines, below, cosines = angles(row, d, sines), under = angles(row + 1, d, below);
        vec4 here = x2x2(row, column);
        vec4 there = d < D / 2 ? -x2x2(row, column + D / 2) : x2x2(row, column - D / 2);
        return here * vec4(cosines, under) + direction * there * vec4(sines, below);
      }`
    : `
      float value(int row, int column) {
        int d = column - over(column, D) * D, angle = angleOf(row, d), place = row * width + column;
        float there = d < D / 2 ? -x(place + D / 2) : x(place - D / 2);
        return x(place) * cos_(angle) + direction * there * sin_(angle);
      }
      ${elementwise}`;
  return [
    host.compute({
      shape: x.shape,
      width,
      code: `
        int angleOf(int row, int d) {
          int token = over(row, rowsPerToken);
          return (token - over(token, positions) * positions) * (D / 2) + (d < D / 2 ? d : d - D / 2);
        }
        ${code}`,
      tensors: { x, cos_: cos, sin_: sin },
      widths: pairs ? { x: width } : {},
      integers: { D, width, positions, rowsPerToken: (heads * D) / width },
      floats: { direction: inverse ? -1 : 1 },
    }),
  ];
}
