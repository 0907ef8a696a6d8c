/** Configurations of Llamas as transformers writes them are read, what FAM.js cannot run is refused, and all come back. */
import { ConfigError } from '@famjs/backends';
import { famConfig } from '@famjs/layer';
import { describe, expect, test } from 'vitest';
import { configFiles, parseModelConfig } from './config.ts';

const llama = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_act: 'silu',
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 3,
  num_attention_heads: 8,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-5,
  rope_theta: 500000,
  rope_scaling: null,
  vocab_size: 100,
  max_position_embeddings: 2048,
  attention_bias: false,
};
const fam = { block_size: 16, memory_segments: 2, fam_length: 4 };

describe('parseModelConfig', () => {
  test('reads a Llama with FAM', () => {
    expect(parseModelConfig(llama, { ...fam, variant: 'fam-norm', position: 'zero' })).toEqual({
      family: {
        modelType: 'llama',
        heads: 8,
        keyValueHeads: 2,
        headWidth: 8,
        intermediateWidth: 96,
        theta: 500000,
      },
      fam: famConfig({
        ...{ blockSize: 16, memorySegments: 2, famLength: 4 },
        ...{ variant: 'fam-norm', position: 'zero' },
      }),
      layers: 3,
      width: 64,
      vocabularySize: 100,
      tiedEmbeddings: false,
      normEpsilon: 1e-5,
      trainedContext: 2048,
    });
  });

  test('takes what is usual for what is left out', () => {
    const { num_key_value_heads, rope_theta, rms_norm_eps, ...short } = llama;
    expect(parseModelConfig(short, fam)).toMatchObject({
      family: { keyValueHeads: 8, theta: 10000 },
      fam: { variant: { preset: 'fam' }, position: 'last' },
      normEpsilon: 1e-6,
    });
  });

  test('reads a model without fam.json as a plain one', () => {
    const seen = { blockSize: 256, memorySegments: 7, famLength: 0, sinks: 1, variant: { preset: 'bswa' } };
    expect(parseModelConfig(llama).fam).toMatchObject(seen);
  });

  test.each([
    [100, undefined, { blockSize: 100, memorySegments: 0, sinks: 1 }],
    [8192, undefined, { blockSize: 256, memorySegments: 15, sinks: 1 }],
    [8192, 8192, { blockSize: 256, memorySegments: 31, sinks: 1 }],
    [2048, 16384, { blockSize: 256, memorySegments: 63, sinks: 1 }],
    [2048, 1000, { blockSize: 256, memorySegments: 2, sinks: 1 }],
    [2048, 9, { blockSize: 9, memorySegments: 0, sinks: 1 }],
    [undefined, 512, { blockSize: 256, memorySegments: 1, sinks: 1 }],
  ])('lets a plain model that was trained on %s tokens see %s', (trained, context, seen) => {
    const config = { ...llama, max_position_embeddings: trained };
    expect(parseModelConfig(config, undefined, { context }).fam).toMatchObject({ ...seen, famLength: 0 });
  });

  test.each([
    [undefined, { length: 64 }, { blockSize: 256, memorySegments: 1, famLength: 64, sinks: 1 }],
    [undefined, { length: 4 }, { variant: { preset: 'fam-norm', norm: 'initial' } }],
    [undefined, { blockSize: 32, sinks: 0 }, { blockSize: 32, sinks: 0, variant: { preset: 'bswa' } }],
    [undefined, { length: 4, variant: 'rmt' }, { famLength: 4, memorySegments: 0, sinks: 0 }],
    [undefined, { variant: 'swa', window: 700 }, { memorySegments: 3, variant: { window: 700 } }],
    [fam, { length: 8 }, { ...{ blockSize: 16, memorySegments: 2, famLength: 8, sinks: 0 } }],
    [{ ...fam, variant: 'sum', visible: 3 }, { sinks: 2 }, { sinks: 2, variant: { visible: 3 } }],
    [{ ...fam, variant: 'sum', visible: 3 }, { variant: 'fam' }, { famLength: 4, variant: { visible: 1 } }],
  ] as const)('gives a model with %j the choices %j', (famJson, choices, seen) => {
    expect(parseModelConfig(llama, famJson, { fam: choices }).fam).toMatchObject(seen);
  });

  test.each([
    [fam, { context: 512 }, 'context 512 was given to a model that has its own fam.json'],
    [undefined, { context: 512, fam: { length: 4 } }, 'context 512 was given beside fam'],
    [undefined, { context: 0 }, 'context: '],
    [undefined, { fam: { famLength: 4 } }, 'famLength'],
    [undefined, { fam: { length: 257 } }, 'famLength 257 is larger than blockSize 256'],
  ])('refuses for a model with %j the options %j', (famJson, options, complaint) => {
    const parse = () => parseModelConfig(llama, famJson, options as never);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(complaint);
  });

  test('reads positions as transformers 5 writes them', () => {
    const { rope_theta, rope_scaling, ...rest } = llama;
    const config = { ...rest, rope_parameters: { rope_type: 'default', rope_theta: 123456 } };
    expect(parseModelConfig(config, fam).family.theta).toBe(123456);
  });

  test.each([
    [{ model_type: 'bert' }, fam, /model_type "bert".*llama/],
    [{ hidden_act: 'gelu' }, fam, /hidden_act: .*"silu"/],
    [{ hidden_size: undefined }, fam, 'hidden_size: Invalid input: expected'],
    [{ hidden_size: '64' }, fam, 'hidden_size: Invalid input: expected'],
    [{ vocab_size: 0 }, fam, 'vocab_size: '],
    [{ vocab_size: 1.5 }, fam, 'vocab_size: '],
    [{ num_hidden_layers: 1e9 }, fam, 'num_hidden_layers: '],
    [
      { hidden_size: 12, vocab_size: -1, num_hidden_layers: null },
      fam,
      /vocab_size: .*; num_hidden_layers: |num_hidden_layers: .*; vocab_size: /,
    ],
    [
      { rope_scaling: { rope_type: 'longrope', factor: 8 } },
      fam,
      /rope_scaling: .*"longrope" are not supported/,
    ],
    [{ rope_parameters: { rope_type: 'axial' } }, fam, /rope_parameters: .*"axial" are not supported/],
    [{ num_key_value_heads: 3 }, fam, '8 query heads cannot share 3'],
    [{ num_attention_heads: 6, num_key_value_heads: 6 }, fam, 'The head width is 10.66'],
    [{ rms_norm_eps: 0 }, fam, 'rms_norm_eps: '],
    [{ max_position_embeddings: undefined }, undefined, 'no max_position_embeddings'],
    [{}, {}, /block_size: /],
    [{}, { ...fam, fam_lenght: 2 }, 'fam_lenght'],
    [{}, { ...fam, variant: 'family' }, /variant: .*"fam"\|"fam-norm"/],
    [{}, { ...fam, variant: 'rmt' }, 'rmt got memorySegments 2'],
    [{}, { ...fam, visible: 2 }, 'fam got visible 2'],
    [{}, { ...fam, position: 'first' }, /position: .*"last"/],
    [{}, { ...fam, memory_segments: -1 }, 'memory_segments: '],
    [{}, { ...fam, fam_length: 17 }, 'famLength 17 is larger than blockSize 16'],
    [{}, 'fam', 'fam.json does not fit: Invalid input'],
  ])('refuses %j with %j', (changes, famJson, complaint) => {
    const parse = () => parseModelConfig({ ...llama, ...changes }, famJson);
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(complaint);
  });

  test.each([null, undefined, [], 'llama', 3])('refuses %j for a configuration', (content) => {
    expect(() => parseModelConfig(content, fam)).toThrow(ConfigError);
  });
});

test.each([
  fam,
  undefined,
  { ...fam, fam_length: 0, variant: 'fam-norm', position: 'float' },
  { ...fam, variant: 'fam-norm', norm: 'initial', sinks: 4 },
  { ...fam, variant: 'sum', visible: 3 },
  { block_size: 16, variant: 'swa', window: 40 },
  { block_size: 16, fam_length: 4, variant: 'autocompressor', max_summaries: 7 },
])('what configFiles writes is read as it was, with %j', (famJson) => {
  const config = parseModelConfig({ ...llama, tie_word_embeddings: true, head_dim: 12 }, famJson);
  const files = JSON.parse(JSON.stringify(configFiles(config)));
  expect(parseModelConfig(files.config, files.fam)).toEqual(config);
});
