/** Reads tensors of the webgl backend in whatever form their textures have: packed two by two, plain, or a view of another. */
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import { isWords, readsWords } from './webgl-words.ts';

export interface Reader {
  /**
   * GLSL of `float <name>(int)`, of `vec4 <name>4(int)` where `inFours`, and of `vec4 <name>2x2(int, int)`; of words `uint <name>(int)`.
   */
  code: string;
  inFours: boolean;
  /** How many of the flat values follow each other in one row of texels. */
  rowWidth: number;
  texture: WebGLTexture;
  /** Uniform integers of the code. */
  geometry: Record<string, number>;
}

/**
 * Uploads the tensor if it has no texture yet, and describes how to read it.
 *
 * @param width that of the rows that `<name>2x2` reads, if it is used
 */
export function readerOf(
  backend: MathBackendWebGL,
  name: string,
  tensor: tf.TensorInfo,
  width?: number,
): Reader {
  const data = backend.texData.get(tensor.dataId);
  if (!data.texture && data.values) {
    data.isPacked = true;
    data.shape = tensor.shape;
  }
  backend.uploadToGPU(tensor.dataId);
  const { shape, isPacked, texture, slice } = data;
  const [height, physicalWidth] = data.texShape!;
  if (isWords(data)) {
    const geometry = { [`${name}Height`]: height };
    return {
      code: readsWords(name),
      inFours: false,
      rowWidth: shape.at(-1) ?? 1,
      texture: texture!.texture,
      geometry,
    };
  }
  const reader = isPacked
    ? packed(name, texture!.texture, shape, Math.ceil(physicalWidth / 2), Math.ceil(height / 2))
    : plain(name, texture!.texture, shape, physicalWidth, height, slice?.flatOffset ?? 0);
  if (width === undefined) return reader;
  const whole = isPacked && shape.at(-1) === width && pairsFollow(shape);
  const straight = Math.ceil(physicalWidth / 2) === Math.ceil(width / 2);
  return {
    ...reader,
    code: reader.code + (whole ? wholeTexel(name, straight) : fourElements(name)),
    geometry: { ...reader.geometry, [`${name}Across`]: width },
  };
}

function wholeTexel(name: string, straight: boolean): string {
  return `
    vec4 ${name}2x2(int row, int column) {
      int pair = row / 2;
      return texture(${name}Texture, ${texelAt(name, straight)});
    }`;
}

function fourElements(name: string): string {
  return `
    uniform int ${name}Across;
    vec4 ${name}2x2(int row, int column) {
      int place = row * ${name}Across + column, below = place + ${name}Across;
      return vec4(${name}(place), ${name}(place + 1), ${name}(below), ${name}(below + 1));
    }`;
}

/** One value a texel, in the order of the flat values. */
function plain(
  name: string,
  texture: WebGLTexture,
  shape: number[],
  width: number,
  height: number,
  offset: number,
): Reader {
  const inFours = width % 4 === 0 && offset % 4 === 0 && (shape.at(-1) ?? 1) % 4 === 0;
  const four = `
    vec4 ${name}4(int place) {
      place += ${name}Offset;
      int line = over(place, ${name}Width);
      vec2 at = (vec2(place - line * ${name}Width, line) + 0.5) / vec2(${name}Width, ${name}Height);
      float next = 1.0 / float(${name}Width);
      return vec4(
        texture(${name}Texture, at).r, texture(${name}Texture, vec2(at.x + next, at.y)).r,
        texture(${name}Texture, vec2(at.x + 2.0 * next, at.y)).r, texture(${name}Texture, vec2(at.x + 3.0 * next, at.y)).r);
    }`;
  const code = `
    uniform sampler2D ${name}Texture;
    uniform int ${name}Width, ${name}Height, ${name}Offset;
    float ${name}(int place) {
      place += ${name}Offset;
      int line = over(place, ${name}Width);
      vec2 at = vec2(place - line * ${name}Width, line) + 0.5;
      return texture(${name}Texture, at / vec2(${name}Width, ${name}Height)).r;
    }${inFours ? four : ''}`;
  const geometry = { [`${name}Width`]: width, [`${name}Height`]: height, [`${name}Offset`]: offset };
  return { code, inFours, rowWidth: shape.at(-1) ?? 1, texture, geometry };
}

/** Two rows by two columns a texel; the rows of each matrix of the last two axes begin with a texel of their own. */
function packed(name: string, texture: WebGLTexture, shape: number[], width: number, height: number): Reader {
  const columns = shape.at(-1) ?? 1;
  const rows = shape.at(-2) ?? 1;
  const inFours = width % 2 === 0 && columns % 4 === 0;
  const pairOfRows = pairsFollow(shape)
    ? 'int row = line & 1, pair = line / 2;'
    : `int matrix = over(line, ${name}Rows), row = (line - matrix * ${name}Rows) & 1;
      int pair = matrix * ((${name}Rows + 1) / 2) + (line - matrix * ${name}Rows) / 2;`;
  const find = `
      int line = over(place, ${name}Columns), column = place - line * ${name}Columns;
      ${pairOfRows}
      vec2 at = ${texelAt(name, width === Math.ceil(columns / 2))};
      vec4 here = texture(${name}Texture, at);`;
  const four = `
    vec4 ${name}4(int place) {${find}
      vec4 beside = texture(${name}Texture, vec2(at.x + 1.0 / float(${name}Width), at.y));
      return row == 0 ? vec4(here.rg, beside.rg) : vec4(here.ba, beside.ba);
    }`;
  const code = `
    uniform sampler2D ${name}Texture;
    uniform int ${name}Width, ${name}Height, ${name}Columns, ${name}Rows;
    vec2 ${name}At(int texel) {
      int y = over(texel, ${name}Width);
      return vec2(texel - y * ${name}Width, y);
    }
    float ${name}(int place) {${find}
      vec2 two = row == 0 ? here.rg : here.ba;
      return (column & 1) == 0 ? two.x : two.y;
    }${inFours ? four : ''}`;
  const geometry = {
    [`${name}Width`]: width,
    [`${name}Height`]: height,
    [`${name}Columns`]: columns,
    [`${name}Rows`]: rows,
  };
  return { code, inFours, rowWidth: columns, texture, geometry };
}

/** Whether the pairs of rows of all matrices follow each other as if they were those of one. */
function pairsFollow(shape: number[]): boolean {
  const rows = shape.at(-2) ?? 1;
  return rows % 2 === 0 || tf.util.sizeFromShape(shape) === rows * (shape.at(-1) ?? 1);
}

/** GLSL of where the texel of a pair of rows and a column is; the texture may be as wide as the pairs, or fold them. */
function texelAt(name: string, straight: boolean): string {
  const at = straight
    ? 'vec2(column / 2, pair)'
    : `${name}At(pair * ((${name}Columns + 1) / 2) + column / 2)`;
  return `(${at} + 0.5) / vec2(${name}Width, ${name}Height)`;
}
