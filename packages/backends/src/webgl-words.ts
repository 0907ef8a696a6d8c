/**
 * Tensors of 32 bits a value on webgl: a texel of four bytes each. TensorFlow.js' own int32 tensors are floats there, exact up to 2²⁴. Its
 * ops cannot read such a tensor; kernels of ours, `data()` and other backends can.
 */
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import type * as tf from '@tensorflow/tfjs-core';

/** Texels of a line, as many as every device has, are a power of two. */
const acrossBits = 11;
const across = 1 << acrossBits;

/** TensorFlow.js' number for textures of bytes, of which it counts, pools and deletes ours too. */
const textureOfBytes = 2;

type TextureData = ReturnType<MathBackendWebGL['texData']['get']>;

export const isWords = ({ usage }: TextureData): boolean => usage === textureOfBytes;

/** @param bytes four for each value, the lowest first */
export function wordTensor(backend: MathBackendWebGL, shape: number[], bytes: Uint8Array): tf.TensorInfo {
  const info = backend.makeTensorInfo(shape, 'int32');
  const words = bytes.length / 4;
  const data = backend.texData.get(info.dataId);
  data.usage = textureOfBytes;
  data.isPacked = false;
  data.texShape = [Math.max(1, Math.ceil(words / across)), across];
  const texture = backend.getTexture(info.dataId);
  const gl = backend.gpgpu.gl as WebGL2RenderingContext;
  gl.bindTexture(gl.TEXTURE_2D, texture);
  const upload = (from: number, width: number, height: number) =>
    gl.texSubImage2D(
      ...([gl.TEXTURE_2D, 0, 0, from / across, width, height, gl.RGBA, gl.UNSIGNED_BYTE] as const),
      bytes,
      4 * from,
    );
  const whole = words - (words % across);
  if (whole > 0) upload(0, across, whole / across);
  if (whole < words) upload(whole, words % across, 1);
  gl.bindTexture(gl.TEXTURE_2D, null);
  // Whoever reads a tensor asks for values on the processor first.
  Object.defineProperty(data, 'values', { get: () => downloaded(backend, data, words) });
  return info;
}

function downloaded(
  backend: MathBackendWebGL,
  { texture, texShape }: TextureData,
  words: number,
): Int32Array {
  const [height, width] = texShape!;
  const gl = backend.gpgpu.gl as WebGL2RenderingContext;
  backend.gpgpu.setOutputMatrixTexture(texture!.texture, height, width);
  const bytes = new Uint8Array(4 * width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
  return new Int32Array(bytes.buffer, 0, words);
}

/** GLSL of `uint <name>(int)`, from the place of a value to its bits. */
export const readsWords = (name: string): string => `
    uniform sampler2D ${name}Texture;
    uniform int ${name}Height;
    uint ${name}(int place) {
      vec2 at = (vec2(place & ${across - 1}, place >> ${acrossBits}) + 0.5) / vec2(${across}, ${name}Height);
      uvec4 bytes = uvec4(texture(${name}Texture, at) * 255.0 + 0.5);
      return bytes.x | bytes.y << 8 | bytes.z << 16 | bytes.w << 24;
    }`;
