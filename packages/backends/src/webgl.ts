/** Runs fragment shaders of ours inside the webgl backend: on textures of its pool, into as many as a pass needs at once. */
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import { require, ShapeError } from './errors.ts';
import { type Kernel, type Note, registrarFor } from './registrar.ts';
import { drawPass, type Pass, sizeOf } from './webgl-draw.ts';
import { readerOf } from './webgl-reader.ts';
import { wordTensor } from './webgl-words.ts';

export type { Pass, Rectangle } from './webgl-draw.ts';

/** A tensor that a pass computes element by element. */
export interface Computed extends Omit<Pass, 'targets' | 'region'> {
  /** GLSL with a `vec4 values(int row, int column)`: those of two rows by two columns. */
  code: string;
  shape: number[];
  /** The elements are numbered by rows of this width; one that consumers reshape to costs no copy then. */
  width: number;
}

/** What a kernel works with. */
export interface WebglHost {
  /** The largest width and height of a texture. */
  largest: number;
  /**
   * A texture of four floats a texel, whose content the kernel has yet to draw.
   *
   * @throws ShapeError when the device has no textures so large
   */
  texture(width: number, height: number): tf.TensorInfo;
  /** Returns textures to the pool before the kernel ends. */
  release(...textures: tf.TensorInfo[]): void;
  draw(pass: Pass): void;
  /** The values of a tensor; where the GPU has made them, this waits for it. */
  read(tensor: tf.TensorInfo): tf.TypedArray;
  /** A tensor of values that are known, which is gone when the kernel returns. */
  constant(values: Float32Array): tf.TensorInfo;
  /**
   * An int32 tensor of these bytes, four a value. Passes read its bits, by `uint x(int)`; ops of TensorFlow.js cannot read it.
   */
  words(shape: number[], bytes: Uint8Array): tf.TensorInfo;
  compute(computed: Computed): tf.TensorInfo;
  /** Several tensors of one shape at once: `values` returns a `vec4` for each. */
  computeAll(count: number, computed: Computed): tf.TensorInfo[];
  /** Whether rows of a tensor are read four elements at once. */
  inFours(tensor: tf.TensorInfo): boolean;
  /** How many of a tensor's flat values lie in one row of texels: the width at which it is read best. */
  rowWidth(tensor: tf.TensorInfo): number;
}

export type WebglKernel<Inputs, Attributes> = Kernel<WebglHost, Inputs, Attributes>;

/** GLSL of `vec4 values(row, column)` from a `float value(row, column)`. */
export const elementwise = `
  vec4 values(int row, int column) {
    return vec4(value(row, column), value(row, column + 1), value(row + 1, column), value(row + 1, column + 1));
  }`;

/** Registers kernels for the webgl backend. */
export const registerWebglKernels = registrarFor<MathBackendWebGL, WebglHost>('webgl', hostFor);

/** The host of one call of a kernel. */
function hostFor(backend: MathBackendWebGL, note: Note): WebglHost {
  const largest = tf.env().getNumber('WEBGL_MAX_TEXTURE_SIZE');
  const allocate = (shape: number[], texShape?: [number, number]) => {
    const info = note(backend.makeTensorInfo(shape, 'float32'));
    layOut(backend, info, texShape);
    return info;
  };
  const draw = (pass: Pass) => drawPass(backend, pass);
  const texture = (width: number, height: number) => {
    require(Math.max(width, height) <= largest, ShapeError, () => ({
      wrong: `A kernel needs a texture of ${width} by ${height} texels for this call.`,
      expected: `at most ${largest} each way on this device.`,
      remedy: 'give it fewer rows or blocks at once.',
    }));
    return allocate([2 * height, 2 * width], [2 * height, 2 * width]);
  };
  const release = (...textures: tf.TensorInfo[]) => {
    for (const info of textures) backend.disposeIntermediateTensorInfo(info);
  };
  const computeAll = (count: number, { code, shape, width, integers, ...pass }: Computed) => {
    const size = tf.util.sizeFromShape(shape);
    const each = (make: () => tf.TensorInfo) => Array.from({ length: count }, make);
    if (size === 0) return each(() => note(backend.makeTensorInfo(shape, 'float32', new Float32Array(0))));
    const targets = each(() => allocate([size / width, width]));
    const sizes = { allRows: size / width, allColumns: width, allTexels: sizeOf(backend, targets[0]!).width };
    draw({ ...pass, code: code + drawingAll(count), integers: { ...integers, ...sizes }, targets });
    return targets.map((target) => ({ ...target, shape }));
  };
  return {
    largest,
    texture,
    release,
    draw,
    read: ({ dataId }) => backend.readSync(dataId) as tf.TypedArray,
    constant: (values) => note(backend.makeTensorInfo([values.length], 'float32', values)),
    words: (shape, bytes) => note(wordTensor(backend, shape, bytes)),
    compute: (computed) => computeAll(1, computed)[0]!,
    computeAll,
    inFours: (tensor) => readerOf(backend, 'x', tensor).inFours,
    rowWidth: (tensor) => readerOf(backend, 'x', tensor).rowWidth,
  };
}

/** Gives a tensor its texture, packed two by two, whose values are yet to be drawn. */
function layOut(backend: MathBackendWebGL, { dataId }: tf.TensorInfo, texShape?: [number, number]): void {
  const data = backend.texData.get(dataId);
  data.isPacked = true;
  if (texShape) data.texShape = texShape;
  backend.uploadToGPU(dataId);
}

/** GLSL of a `main` that draws all elements of so many tensors by `values`, two rows by two columns at a time. */
function drawingAll(count: number): string {
  const targets = Array.from({ length: count }, (_, index) => index);
  return `
    void main() {
      int pairs = (allColumns + 1) / 2;
      int texel = int(gl_FragCoord.y) * allTexels + int(gl_FragCoord.x);
      int pair = over(texel, pairs);
      int row = 2 * pair, column = 2 * (texel - pair * pairs);
      bool below = row + 1 < allRows, beside = column + 1 < allColumns;
      bvec4 inside = bvec4(true, beside, below, below && beside);
      ${count > 1 ? `vec4[${count}] all = values(row, column);` : 'vec4[1] all = vec4[1](values(row, column));'}
      ${targets.map((index) => `target${index} = mix(vec4(0.0), all[${index}], inside);`).join('')}
    }`;
}
