/** WebGL 2 in browsers, with float32 textures. */
import * as tf from '@tensorflow/tfjs-core';
import type { Starter } from './starter.ts';

export const webgl: Starter = {
  async load() {
    await import('@tensorflow/tfjs-backend-webgl');
    if (tf.env().getNumber('WEBGL_VERSION') !== 2) throw new Error('this browser has no WebGL 2');
  },
  emulatedBy() {
    const { gl } = (tf.backend() as unknown as { gpgpu: { gl: WebGL2RenderingContext } }).gpgpu;
    const named = gl.getExtension('WEBGL_debug_renderer_info');
    const renderer = String(gl.getParameter(named?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
    return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer) ? renderer : undefined;
  },
};
