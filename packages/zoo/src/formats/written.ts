/** Numbers as the bytes of a file: float32, or the halves that are nearest to them. */
import { NonFiniteError, require } from '@famjs/backends';
import { blockTypes, brokenBlock } from '@famjs/ops';
import type { FileDtype } from '../dtype.ts';

/** What safetensors calls them. */
export const writtenAs = { f32: 'F32', f16: 'F16' } as const satisfies Record<FileDtype, string>;

/**
 * The bytes of finite numbers.
 *
 * @param name of the weight, for the error
 * @throws NonFiniteError when one is too large for a half
 */
export function writtenBytes(name: string, values: Float32Array, dtype: FileDtype): Uint8Array {
  if (dtype === 'f32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const { bytes, encode } = blockTypes.F16;
  const halves = new Uint8Array(values.length * bytes);
  encode!(values, halves);
  const index = brokenBlock('F16', halves);
  require(index < 0, NonFiniteError, () => ({
    wrong: `Number ${index} of "${name}" is ${values[index]}, which no float16 holds.`,
    expected: 'numbers from -65,504 to 65,504.',
    remedy: 'write them as f32.',
  }));
  return halves;
}
