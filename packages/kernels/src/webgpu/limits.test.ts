/** On webgpu, the tiles of wide heads fit the workgroup memory that every device has, of which better ones have more. */
import { describeBackend } from '@famjs/backends';
import { describeEachGpu, loseDevice, startWithDefaultLimits } from '@famjs/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { blockAttention } from '../index.ts';
import { attentionChecks } from '../testing/index.ts';

const checks = attentionChecks({ attention: blockAttention });
const wide = checks.filter(({ name }) => /heads of 512/.test(name));

describeEachGpu('attention', (backend) => {
  describe.runIf(backend === 'webgpu')('on a device with default limits', () => {
    beforeEach(startWithDefaultLimits);
    afterEach(loseDevice);

    test.each(wide)('$name', async ({ run }) => {
      expect(describeBackend().limits.maxComputeWorkgroupStorageSize).toBe(16_384);
      await run();
    });
  });
});
