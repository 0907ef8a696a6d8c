/** Choices that do not fit together are refused, with the one at fault. */
import { ConfigError } from '@famjs/backends';
import { describe, expect, test } from 'vitest';
import { type FamChoices, famChoices, famConfig, presets, receptiveBlocks } from '../src/index.ts';

const choices: FamChoices = { blockSize: 4, memorySegments: 1, famLength: 3 };

describe('A configuration', () => {
  test.each<Partial<FamChoices>>([
    {},
    { famLength: 0 },
    { famLength: 4 },
    { memorySegments: 0 },
    { variant: 'fam-n', visible: 3 },
    { variant: 'fam-norm', norm: 'initial' },
    { variant: 'swa', window: 9, memorySegments: undefined, famLength: 0 },
    { variant: 'rmt', memorySegments: 0 },
    { variant: 'autocompressor', memorySegments: 0, maxSummaries: 5 },
    { sinks: 4 },
  ])('is accepted with %o, and comes back as it was chosen', (change) => {
    const config = famConfig({ ...choices, ...change });
    expect(famConfig(famChoices(config))).toEqual(config);
  });

  test.each<[Partial<FamChoices>, string]>([
    [{ famLength: 5 }, 'famLength 5 is larger than blockSize 4'],
    [{ famLength: -1 }, 'famLength is -1'],
    [{ memorySegments: -1 }, 'memorySegments is -1'],
    [{ memorySegments: 1.5 }, 'memorySegments is 1.5'],
    [{ blockSize: 0, famLength: 0 }, 'blockSize is 0'],
    [{ blockSize: Number.NaN }, 'blockSize is NaN'],
    [{ sinks: 5 }, 'sinks 5 are more than the 4 tokens'],
    [{ variant: 'family' as never }, 'variant is "family"'],
    [{ position: 'first' as never }, 'position is "first"'],
    [{ variant: 'bswa' }, 'bswa got a famLength of 3'],
    [{ variant: 'fm' }, 'fm got a famLength of 3'],
    [{ variant: 'swa', famLength: 0 }, 'swa got no window'],
    [{ window: 3 }, 'fam got window 3'],
    [{ variant: 'sum', norm: 'unit' }, 'sum got norm unit'],
    [{ variant: 'fam-norm', norm: 'size' as never }, 'norm is "size"'],
    [{ variant: 'fam-n', visible: 0 }, 'visible is 0'],
    [{ variant: 'txl', famLength: 0, memorySegments: 0 }, 'txl got no memory segments'],
    [{ variant: 'rmt' }, 'rmt got memorySegments 1'],
    [{ variant: 'rmt', memorySegments: 0, sinks: 1 }, 'rmt got sinks 1'],
    [{ variant: 'autocompressor', memorySegments: 0, position: 'zero' }, 'got a position zero'],
    [{ variant: 'rmt', memorySegments: 0, famLength: 0 }, 'rmt got a famLength of 0'],
    [{ variant: 'fm', famLength: 0, sinks: 2 }, 'fm got sinks 2'],
  ])('is refused with %o', (change, wrong) => {
    const check = () => famConfig({ ...choices, ...change });
    expect(check).toThrow(ConfigError);
    expect(check).toThrow(wrong);
  });

  test('derives the segments of a window, and the window of segments', () => {
    const swa = (window: number) => famConfig({ blockSize: 4, variant: 'swa', window }).memorySegments;
    expect([1, 2, 5, 6, 9].map(swa)).toEqual([0, 1, 1, 2, 2]);
    expect(famConfig({ blockSize: 4, memorySegments: 2, variant: 'txl' }).variant.window).toBe(8);
  });

  test('says what may be left unread', () => {
    const reach = (change: Partial<FamChoices>) =>
      receptiveBlocks(famConfig({ blockSize: 4, memorySegments: 2, ...change }), 3);
    expect([{}, { variant: 'txl' as const }].map(reach)).toEqual([6, 6]);
    const endless = [{ famLength: 1 }, { sinks: 1 }, { variant: 'fm' as const }];
    expect(endless.map(reach)).toEqual(Array(3).fill(Number.POSITIVE_INFINITY));
  });

  test('every preset has its choices', () => {
    for (const variant of presets) {
      const without = { famLength: 0, memorySegments: 2 };
      const extra = { swa: { window: 3 }, rmt: { famLength: 2, memorySegments: 0 } } as Record<
        string,
        object
      >;
      extra.autocompressor = extra.rmt!;
      expect(famConfig({ blockSize: 4, ...without, ...extra[variant], variant }).variant.preset).toBe(
        variant,
      );
    }
  });
});
