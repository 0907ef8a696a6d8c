/** WebGL 2 in browsers, with float32 textures. */
import * as tf from '@tensorflow/tfjs-core';
import { guardDevice, type News } from '../device-guard.ts';
import { importError } from '../missing-package.ts';
import type { BackendOptions } from '../options.ts';
import { addInGroups } from './corrections.ts';
import { registerInstead, type Starter, tensorFlowJs } from './starter.ts';

/** What we use of the backend object of `@tensorflow/tfjs-backend-webgl`. */
interface WebGLBackend {
  gpgpu: { gl: WebGL2RenderingContext };
}

/** What we use of TF.js' context beyond its public members: reads whose fences were not passed yet. */
interface Polling {
  itemsToPoll: unknown[];
}

const contextLost = 'the browser took the WebGL context away';

export const webgl: Starter = {
  async findProgram(options) {
    const gl = contextOf(options);
    const device = nameOf(gl);
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    return isEmulated(device) ? device : undefined;
  },

  async load(options) {
    const gl = contextOf(options);
    const { MathBackendWebGL, setWebGLContext } = await importBackend();
    setWebGLContext(2, gl);
    if (!options.allowHalfPrecision && !tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED'))
      throw new Error(
        'this device renders to float16 only, about three digits; the option allowHalfPrecision starts it all the same',
      );
    addInGroups('webgl', tf.env().getNumber('WEBGL_MAX_TEXTURES_IN_SHADER'));
    registerInstead('webgl', () => {
      const backend = new MathBackendWebGL();
      const onEvent = ({ lost }: News) =>
        gl.canvas.addEventListener('webglcontextlost', () => {
          // It would ask the lost context for ever whether it is done.
          (backend.gpgpu as unknown as Polling).itemsToPoll = [];
          lost(contextLost);
        });
      return guardDevice(backend, onEvent, {
        ask: () => (gl.isContextLost() ? contextLost : undefined),
      });
    });
  },

  describe(backend) {
    const { gl } = (backend as unknown as WebGLBackend).gpgpu;
    const device = nameOf(gl);
    return {
      version: tensorFlowJs,
      device,
      driver: String(gl.getParameter(gl.VERSION)),
      precision: tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') ? 'float32' : 'float16',
      emulated: isEmulated(device),
      limits: {
        maxTextureSize: gl.getParameter(gl.MAX_TEXTURE_SIZE),
        maxTextureImageUnits: gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS),
      },
    };
  },
};

async function importBackend() {
  try {
    return await import('@tensorflow/tfjs-backend-webgl');
  } catch (error) {
    throw importError('@tensorflow/tfjs-backend-webgl', error);
  }
}

function nameOf(gl: WebGL2RenderingContext): string {
  const named = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(named?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
}

const isEmulated = (device: string) => /swiftshader|llvmpipe|softpipe|software|basic render/i.test(device);

/** A context like the one TF.js would make, except that the caller has a say in which GPU. */
function contextOf({ powerPreference = 'high-performance' }: BackendOptions): WebGL2RenderingContext {
  // Safari's OffscreenCanvas has no fences, by which TF.js waits for values.
  const offscreen = typeof OffscreenCanvas !== 'undefined' && !tf.env().getBool('IS_SAFARI');
  const canvas = offscreen ? new OffscreenCanvas(1, 1) : document.createElement('canvas');
  const gl = canvas.getContext('webgl2', {
    alpha: false,
    antialias: false,
    depth: false,
    stencil: false,
    premultipliedAlpha: false,
    powerPreference,
  }) as WebGL2RenderingContext | null;
  if (!gl) throw new Error('this browser has no WebGL 2');
  return gl;
}
