/** Families compute what transformers computes, from checkpoints that it saved: the same logits, layer by layer, in whatever style config.json is. */
import { ConfigError, setBackend } from '@famjs/backends';
import { readStack, startState } from '@famjs/layer';
import { describeEachBackend, expectClose } from '@famjs/testing';
import { sha256 } from '@famjs/testing/hub';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  configFiles,
  embeddedTokens,
  parseModelConfig,
  readSafetensors,
  type Session,
  stackOf,
  weightShapes,
} from '../src/index.ts';
import {
  checkpoints,
  configOf,
  type Expected,
  expectedOf,
  fileOf,
  loadCheckpoint,
  ofTransformers,
  readBackOf,
  writtenFiles,
} from './checkpoints.ts';

/** Holds what a session expects after its first `read` tokens: 1e-4 of the largest logit, and the same top token. */
async function expectLogits(
  session: Session,
  { logits, vocabulary: V, tokens }: Expected,
  read: number,
): Promise<void> {
  const S = tokens[0]!.length;
  const tolerance = 1e-4 * Math.max(...logits.map(Math.abs));
  for (const [b, row] of (await session.logits())!.entries()) {
    const expected = logits.slice((b * S + read - 1) * V, (b * S + read) * V);
    await expectClose([...row], [...expected], { relative: 0, absolute: tolerance }, 'logits');
    expect(row.indexOf(Math.max(...row))).toBe(expected.indexOf(Math.max(...expected)));
  }
}

describeEachBackend('a checkpoint of transformers', (backend) => {
  // What is special about a checkpoint beside its family is the same everywhere.
  const tried = checkpoints.filter((name) => backend === 'wasm' || !name.includes('-'));

  test.each(tried)('%s has its logits, token by token and read at once', async (name) => {
    const expected = expectedOf(name);
    const { tokens } = expected;
    const S = tokens[0]!.length;
    const model = await loadCheckpoint(name);
    const step = model.session({ rows: tokens.length, schedule: 'step' });
    for (let read = 1; read <= S; read++) {
      await step.read(tokens.map((row) => [row[read - 1]!]));
      await expectLogits(step, expected, read);
    }
    const scan = model.session({ rows: tokens.length });
    await scan.read(tokens);
    await expectLogits(scan, expected, S);
    for (const end of [step, scan, model]) end.dispose();
  });
});

describe('every family', () => {
  beforeAll(() => setBackend('wasm'));

  test.each(checkpoints)('%s gives in every layer what transformers has there', async (name) => {
    const model = await loadCheckpoint(name);
    const { tokens, layers } = expectedOf(name);
    expect(layers).toHaveLength(model.config.layers);
    for (const [index, expected] of layers.entries()) {
      const above = tf.tidy(() => {
        const stack = stackOf(model);
        const blocks = stack.blocks.slice(0, index + 1);
        const x = embeddedTokens(model, tf.tensor2d(tokens, undefined, 'int32'));
        return readStack({ ...stack, blocks }, x, startState({ ...stack, blocks }, tokens.length)).x();
      });
      const tolerance = 1e-5 * Math.max(...expected.map(Math.abs));
      await expectClose(above, [...expected], { relative: 0, absolute: tolerance }, `layer ${index}`);
      above.dispose();
    }
    model.dispose();
  });

  test.each(checkpoints)('%s writes the configuration that it read', (name) => {
    const config = parseModelConfig(configOf(name));
    const files = JSON.parse(JSON.stringify(configFiles(config)));
    expect(parseModelConfig(files.config, files.fam)).toEqual(config);
    const tensors = Object.keys(readSafetensors(fileOf(name, 'model.safetensors')).tensors);
    expect(Object.keys(weightShapes(config)).sort()).toEqual(tensors.sort());
  });

  test.each(ofTransformers)(
    '%s writes what transformers writes, but for what a decoder does not need',
    (name) => {
      const saved = JSON.parse(JSON.stringify(asTransformers4(configOf(name)))) as Json;
      const { config } = configFiles(parseModelConfig(configOf(name)));
      const written: Json = JSON.parse(JSON.stringify(config));
      const needed = Object.keys(saved).filter((key) => saved[key] !== null && !unneeded.test(key));
      // Layers beyond the last and layers without a window are the same to both, and yarn's defaults are spelt out.
      const same = needed.filter(
        (key) => written.sliding_window || !/^(max_window_layers|layer_types)$/.test(key),
      );
      for (const key of same) {
        if (key === 'rope_scaling') {
          const { type: rope_type, ...scaling } = saved[key] as Json;
          expect(written[key], key).toMatchObject({ rope_type, ...scaling });
        } else expect(written[key], key).toEqual(saved[key]);
      }
      expect(same).toEqual(
        expect.arrayContaining(['model_type', 'architectures', 'hidden_size', 'torch_dtype']),
      );
    },
  );

  test.each(ofTransformers)('%s is written as transformers reads it, with the same logits', async (name) => {
    const { difference, ...files } = readBackOf(name);
    expect(difference).toBeLessThan(1e-5);
    const written = await writtenFiles(name);
    const digests = Object.keys(files).map((file) => [file, sha256(written[file]!)]);
    // Where it is written otherwise, tooling/checkpoints/read_back.py asks transformers again.
    expect(Object.fromEntries(digests)).toEqual(files);
  });

  test('llama-dynamic keeps its frequencies beyond the context that it was trained on, where transformers changes them', async () => {
    const { max_position_embeddings: trained, rope_parameters, ...config } = configOf('llama-dynamic');
    const { rope_theta } = rope_parameters;
    const unchanged = { ...config, rope_parameters: { rope_type: 'default', rope_theta } };
    const fam = { block_size: 4 * trained, memory_segments: 0, fam_length: 0, variant: 'bswa' };
    const tokens = Array.from({ length: 3 * trained }, (_, i) => (5 * i + (i % 7)) % config.vocab_size);
    const logits = await Promise.all(
      [configOf('llama-dynamic'), unchanged].map(async (config) => {
        using model = await loadCheckpoint('llama-dynamic', { config, fam });
        using session = model.session();
        await session.read(tokens);
        return (await session.logits())![0]!;
      }),
    );
    expect(logits[0]).toEqual(logits[1]);
  });

  test.each(checkpoints)('%s means the same as transformers 4 writes it', (name) => {
    const config = configOf(name);
    expect(parseModelConfig(asTransformers4(config))).toEqual(parseModelConfig(config));
  });
});

type Json = Record<string, unknown>;

/** Of training, of other uses of the class, of text, or what Gemma's `layer_types` says too. */
const unneeded =
  /dropout$|_pdrop$|_token_id$|^(initializer_range|use_cache|pretraining_tp|is_decoder|transformers_version|original_max_position_embeddings|use_bidirectional_attention|_?sliding_window_pattern)$/;

/** A config.json of transformers 5 with what 4 had instead of `rope_parameters` and, of Gemma, `layer_types`. */
function asTransformers4({ rope_parameters, dtype, layer_types, ...config }: Json): object {
  const rest = { ...config, torch_dtype: dtype };
  if (!rope_parameters) return { ...rest, layer_types };
  if (config.model_type === 'gemma3_text') {
    const { full_attention, sliding_attention } = rope_parameters as Record<string, Json>;
    const { rope_theta, ...rope_scaling } = full_attention!;
    return { ...rest, rope_theta, rope_scaling, rope_local_base_freq: sliding_attention!.rope_theta };
  }
  const { rope_theta, rope_type, partial_rotary_factor, ...scaling } = rope_parameters as Json;
  const rope_scaling = rope_type === 'default' ? null : { type: rope_type, ...scaling };
  return config.model_type === 'gpt_neox'
    ? { ...rest, rotary_pct: partial_rotary_factor, rotary_emb_base: rope_theta, rope_scaling }
    : { ...rest, rope_theta, rope_scaling, partial_rotary_factor };
}

describe('GPT-NeoX', () => {
  const { rope_parameters: _, ...config } = configOf('gpt_neox');
  const own = (changes: object) => parseModelConfig({ ...config, ...changes }).family;

  test('reads what transformers 4 wrote, and takes what is usual for what is left out', () => {
    expect(own({ rotary_pct: 0.5, rotary_emb_base: 300 })).toMatchObject({ rotaryWidth: 6, theta: 300 });
    expect(own({ hidden_size: 32 })).toMatchObject({
      rotaryWidth: 4,
      theta: 10000,
      parallel: true,
      attentionBias: true,
    });
  });

  test.each([
    [{ hidden_act: 'gelu_new' }, /hidden_act: .*"gelu"/],
    [{ rotary_pct: 0 }, 'rotary_pct'],
    [{ rotary_pct: 0.25 }, 'turn 3 of the 12 numbers'],
    [{ hidden_size: 25 }, 'heads of one even width'],
    [{ rope_scaling: { type: 'longrope', factor: 2 } }, '"longrope" are not supported'],
    [{ rope_scaling: { type: 'yarn', factor: 2 } }, 'of the type "yarn" turn 6 of the 12 numbers'],
  ])('refuses %j', (changes, complaint) => {
    const parse = () => own({ rotary_pct: 0.5, ...changes });
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(complaint);
  });
});

describe('what is left out, or not supported', () => {
  const own = (name: string, changes: object) => parseModelConfig({ ...configOf(name), ...changes }).family;
  const absent = undefined;

  test.each([
    ['mistral', { sliding_window: absent }, { window: 4096 }],
    ['mistral', { sliding_window: null }, { window: absent }],
    ['mistral', { head_dim: null, num_key_value_heads: null }, { headWidth: 6, keyValueHeads: 4 }],
    ['qwen2', { use_sliding_window: absent }, { window: absent }],
    ['qwen2', { use_sliding_window: true, max_window_layers: 2 }, { window: absent }],
    ['qwen2-window', { layer_types: absent }, { window: 5, local: [false, true, true] }],
    ['qwen3', { head_dim: absent }, { headWidth: 128 }],
    ['qwen3', { attention_bias: true }, { attentionBias: true }],
    ['gemma3_text', { layer_types: absent, sliding_window_pattern: 3 }, { local: [true, true, false] }],
    ['gemma3_text', { rope_parameters: absent }, { theta: 1e6, localRope: { theta: 1e4 } }],
    ['phi3', { rope_parameters: absent, partial_rotary_factor: absent }, { rotaryWidth: 6, theta: 1e4 }],
    ['palm', { use_parallel_residual: absent }, { parallel: true }],
  ])('%s with %j', (name, changes, expected) => {
    const family = own(name, changes);
    expect({
      ...Object.fromEntries(Object.keys(expected).map((key) => [key, absent])),
      ...family,
    }).toMatchObject(expected);
  });

  test.each([
    ['llama', { hidden_act: 'gelu' }, /hidden_act/],
    [
      'llama',
      { rope_scaling: { rope_type: 'longrope' } },
      /"longrope" are not supported, only default, linear/,
    ],
    ['mistral', { sliding_window: 0 }, /sliding_window/],
    ['qwen2-window', { layer_types: ['full_attention'] }, /types of 1 layers, and there are 3/],
    ['qwen3', { layer_types: ['chunked_attention'] }, /layer_types/],
    ['gemma3_text', { final_logit_softcapping: 30 }, /a cap on logits is not supported/],
    ['gemma3_text', { attn_logit_softcapping: 50 }, /a cap on scores is not supported/],
    ['gemma3_text', { use_bidirectional_attention: true }, /sees what follows/],
    ['gemma3_text', { hidden_activation: 'gelu' }, /hidden_activation/],
    ['phi3', { rope_scaling: { type: 'longrope', short_factor: [1] } }, /"longrope" are not supported/],
    ['phi3', { rope_scaling: { type: 'yarn', factor: 2 } }, /"yarn".*no others of Phi-3 but longrope/],
    ['phi3-partial', { partial_rotary_factor: 0.25, rope_parameters: null }, /turn 3 of the 12/],
    ['palm', { num_attention_heads: 5 }, /The head width is 4.8/],
  ])('%s refuses %j', (name, changes, complaint) => {
    expect(() => own(name, changes)).toThrow(ConfigError);
    expect(() => own(name, changes)).toThrow(complaint);
  });
});

test('a family that is not supported is refused with the list of those that are', () => {
  const parse = () => parseModelConfig({ ...configOf('llama'), model_type: 'mamba' });
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(/"mamba".*llama, mistral, qwen2, qwen3, gemma3_text, phi3, gpt_neox, palm/);
});
