/** What a caller may say of the device: which GPU, and whether one that renders to float16 will do. */
import { BackendUnavailableError, describeBackend, setBackend } from '@famjs/backends';

import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, test } from 'vitest';
import { describeEachGpu, loseDevice } from './lost-device.ts';

/** What TF.js finds out of a device, and chooses its textures by. */
const rendersFloat32 = 'WEBGL_RENDER_FLOAT32_ENABLED';

describeEachGpu('options', (backend) => {
  describe.runIf(backend === 'webgl')('of a device', () => {
    afterEach(async () => {
      await loseDevice();
      tf.env().set(rendersFloat32, true);
    });

    test('that renders to float16 only: it is refused, and says how to start it all the same', async () => {
      await loseDevice();
      tf.env().set(rendersFloat32, false);
      const started = setBackend('webgl');
      await expect(started).rejects.toThrow(BackendUnavailableError);
      await expect(started).rejects.toThrow(/float16 only.*allowHalfPrecision/);

      await setBackend('webgl', { allowHalfPrecision: true });
      expect(describeBackend().precision).toBe('float16');
      const thirds = tf.tidy(() => tf.mul(tf.fill([64, 64], 1 / 3), tf.ones([64, 64])));
      const error = Math.abs((await thirds.data())[0]! * 3 - 1);
      expect(error).toBeGreaterThan(1e-6);
      expect(error).toBeLessThan(1e-3);
      thirds.dispose();
    });

    test('with a preference for little power: the context has it', async () => {
      await loseDevice();
      await setBackend('webgl', { powerPreference: 'low-power' });
      const { gl } = (tf.backend() as unknown as { gpgpu: { gl: WebGL2RenderingContext } }).gpgpu;
      expect(gl.getContextAttributes()?.powerPreference).toBe('low-power');
    });
  });
});
