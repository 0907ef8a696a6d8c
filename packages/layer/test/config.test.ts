/** Configurations whose numbers do not fit together are refused, with the number at fault. */
import { ConfigError } from '@famjs/backends';
import { describe, expect, test } from 'vitest';
import { famOffsets, type LayerConfig, requireLayerConfig } from '../src/index.ts';

const config: LayerConfig = {
  blockSize: 4,
  memorySegments: 1,
  famLength: 3,
  variant: 'fam',
  position: 'last',
  width: 16,
  heads: 4,
  keyValueHeads: 2,
  headWidth: 6,
  normEpsilon: 1e-6,
  theta: 10_000,
};

describe('A configuration', () => {
  test.each<Partial<LayerConfig>>([
    {},
    { famLength: 0 },
    { famLength: 4 },
    { memorySegments: 0 },
    { keyValueHeads: 1 },
  ])('is accepted with %o', (change) => {
    expect(() => requireLayerConfig({ ...config, ...change })).not.toThrow();
  });

  test.each<[Partial<LayerConfig>, string]>([
    [{ famLength: 5 }, 'famLength 5 is larger than blockSize 4'],
    [{ famLength: -1 }, 'famLength is -1'],
    [{ memorySegments: -1 }, 'memorySegments is -1'],
    [{ memorySegments: 1.5 }, 'memorySegments is 1.5'],
    [{ blockSize: 0, famLength: 0 }, 'blockSize is 0'],
    [{ blockSize: 4.5 }, 'blockSize is 4.5'],
    [{ width: Number.NaN }, 'width is NaN'],
    [{ heads: 0 }, 'heads is 0'],
    [{ keyValueHeads: 3 }, '4 query heads cannot share 3'],
    [{ keyValueHeads: 8 }, '4 query heads cannot share 8'],
    [{ headWidth: 5 }, 'head width is 5'],
    [{ normEpsilon: 0 }, 'normEpsilon is 0'],
    [{ theta: 1 }, 'theta is 1'],
    [{ variant: 'sum' as never }, 'variant is "sum"'],
    [{ position: 'first' as never }, 'FAM position "first"'],
  ])('is refused with %o', (change, wrong) => {
    const check = () => requireLayerConfig({ ...config, ...change });
    expect(check).toThrow(ConfigError);
    expect(check).toThrow(wrong);
  });
});

test('FAM stands at the last positions before the block, or evenly between them and its first', () => {
  expect(famOffsets({ ...config, position: 'last' })).toEqual([-3, -2, -1]);
  expect(famOffsets({ ...config, position: 'float' })).toEqual([-0.75, -0.5, -0.25]);
});
