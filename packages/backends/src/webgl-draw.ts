/** Draws passes with the context of the webgl backend, whose cache keeps their programs. */
import type { GPGPUContext, MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import type * as tf from '@tensorflow/tfjs-core';
import { readerOf } from './webgl-reader.ts';

/** One draw call. Its code sees each name below as a uniform, and `over(a, b)`, the quotient of natural numbers. */
export interface Pass {
  /** GLSL with a `main` that sets `target0`, `target1`, … for the texel `gl_FragCoord`. */
  code: string;
  /** Textures made by `host.texture`: arrays of samplers, each with the size of one texel as `<name>Texel`. */
  textures?: Record<string, readonly tf.TensorInfo[]>;
  /**
   * Tensors in whatever form they have: functions from the place of an element in the flat values to its value
   * (`float x(int)`), and to it and the three that follow in the same row (`vec4 x4(int)`) where `host.inFours(x)`.
   */
  tensors?: Record<string, tf.TensorInfo>;
  /** For tensors that are also read two rows by two columns at once, at even places: `vec4 x2x2(row, column)`. */
  widths?: Record<string, number>;
  integers?: Record<string, number>;
  floats?: Record<string, number>;
  /** Textures of one size that are drawn into. */
  targets: readonly tf.TensorInfo[];
  /** The rectangle of texels that is drawn; by default all. */
  region?: Rectangle | undefined;
}

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Binary {
  webGLProgram: ReturnType<GPGPUContext['createProgram']>;
  locations: Map<string, WebGLUniformLocation | null>;
}

export function drawPass(backend: MathBackendWebGL, pass: Pass): void {
  const { tensors = {}, widths = {}, textures = {}, integers = {}, floats = {}, targets } = pass;
  const readers = Object.entries(tensors).map(([name, tensor]) => ({
    name,
    ...readerOf(backend, name, tensor, widths[name]),
  }));
  const source = `#version 300 es
    precision highp float; precision highp int; precision highp sampler2D;
    int over(int a, int b) {
      int quotient = int(float(a) / float(b));
      int rest = a - quotient * b;
      return quotient + (rest >= b ? 1 : 0) - (rest < 0 ? 1 : 0);
    }
    ${Object.keys(integers)
      .map((name) => `uniform int ${name};`)
      .join('')}
    ${Object.keys(floats)
      .map((name) => `uniform float ${name};`)
      .join('')}
    ${targets.map((_, index) => `layout(location = ${index}) out vec4 target${index};`).join('')}
    ${Object.entries(textures)
      .map(([name, list]) => `uniform sampler2D ${name}[${list.length}]; uniform vec2 ${name}Texel;`)
      .join('')}
    ${readers.map(({ code }) => code).join('')}
    ${pass.code}`;
  const { gpgpu } = backend;
  const gl = gpgpu.gl as WebGL2RenderingContext;
  const { webGLProgram, locations } = binaryOf(backend, source);
  const locate = (name: string) => {
    let location = locations.get(name);
    if (location === undefined) {
      location = gl.getUniformLocation(webGLProgram, name);
      locations.set(name, location);
    }
    return location;
  };

  bindTargets(backend, targets, pass.region);
  gpgpu.setProgram(webGLProgram);
  gpgpu.bindVertexArray(webGLProgram.vao);
  let unit = 0;
  const bind = (name: string, texture: WebGLTexture) => {
    const location = locate(name);
    if (location) gpgpu.setInputMatrixTexture(texture, location, unit++);
  };
  for (const { name, texture, geometry } of readers) {
    bind(`${name}Texture`, texture);
    for (const [key, value] of Object.entries(geometry)) gl.uniform1i(locate(key), value);
  }
  for (const [name, list] of Object.entries(textures)) {
    const { width, height } = sizeOf(backend, list[0]!);
    gl.uniform2f(locate(`${name}Texel`), 1 / width, 1 / height);
    for (const [index, info] of list.entries()) bind(`${name}[${index}]`, backend.getTexture(info.dataId));
  }
  for (const [name, value] of Object.entries(integers)) gl.uniform1i(locate(name), value);
  for (const [name, value] of Object.entries(floats)) gl.uniform1f(locate(name), value);
  gpgpu.executeProgram();
  if (targets.length > 1) unbindTargets(gl, targets.length);
}

/** Texels of the texture of a packed tensor. */
export function sizeOf(backend: MathBackendWebGL, { dataId }: tf.TensorInfo) {
  const [height, width] = backend.texData.get(dataId).texShape!;
  return { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
}

/** Attaches all targets to the backend's own framebuffer, the first as the backend would. */
function bindTargets(backend: MathBackendWebGL, targets: Pass['targets'], region: Pass['region']): void {
  const gl = backend.gpgpu.gl as WebGL2RenderingContext;
  const { width, height } = sizeOf(backend, targets[0]!);
  backend.gpgpu.setOutputPackedMatrixTexture(backend.getTexture(targets[0]!.dataId), 2 * height, 2 * width);
  const attachments = targets.map((_, index) => gl.COLOR_ATTACHMENT0 + index);
  for (const [index, { dataId }] of targets.entries()) {
    if (index > 0) attach(gl, attachments[index]!, backend.getTexture(dataId));
  }
  if (targets.length > 1) gl.drawBuffers(attachments);
  if (region) {
    gl.viewport(region.x, region.y, region.width, region.height);
    gl.scissor(region.x, region.y, region.width, region.height);
  }
}

function unbindTargets(gl: WebGL2RenderingContext, count: number): void {
  for (let index = 1; index < count; index++) attach(gl, gl.COLOR_ATTACHMENT0 + index, null);
  gl.drawBuffers([gl.COLOR_ATTACHMENT0]);
}

function attach(gl: WebGL2RenderingContext, attachment: number, texture: WebGLTexture | null): void {
  gl.framebufferTexture2D(gl.FRAMEBUFFER, attachment, gl.TEXTURE_2D, texture, 0);
}

/** The compiled program of a source, kept and deleted with those of the backend's own kernels. */
function binaryOf(backend: MathBackendWebGL, source: string): Binary {
  const cache = backend as unknown as { getAndSaveBinary(key: string, make: () => Binary): Binary };
  return cache.getAndSaveBinary(source, () => {
    const webGLProgram = backend.gpgpu.createProgram(compiled(backend.gpgpu.gl, source));
    backend.gpgpu.buildVao(webGLProgram);
    return { webGLProgram, locations: new Map() };
  });
}

function compiled(gl: WebGLRenderingContext, source: string): WebGLShader {
  const shader = gl.createShader(gl.FRAGMENT_SHADER)!;
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) {
    throw new Error(`A shader of FAM.js did not compile: ${gl.getShaderInfoLog(shader)}\n${source}`);
  }
  return shader;
}
