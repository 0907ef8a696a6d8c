/** Families compute what transformers computes, from checkpoints that it saved: the same logits, and FAM on top. */
import { readdirSync, readFileSync } from 'node:fs';
import { ConfigError, setBackend } from '@famjs/backends';
import { schedules } from '@famjs/layer';
import { describeEachBackend, expectClose } from '@famjs/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  configFiles,
  decodeTensors,
  languageModel,
  loadModel,
  parseModelConfig,
  readSafetensors,
  type Session,
  weightShapes,
} from '../src/index.ts';

const fixtures = new URL('../../../tooling/checkpoints/fixtures/', import.meta.url);
const names = readdirSync(fixtures);
const file = (name: string, part: string) =>
  new Uint8Array(readFileSync(new URL(`${name}/${part}`, fixtures)));
const configOf = (name: string) => JSON.parse(new TextDecoder().decode(file(name, 'config.json')));

function expectedOf(name: string): { tokens: number[][]; logits: Float32Array; vocabulary: number } {
  const { tokens, logits } = decodeTensors(readSafetensors(file(name, 'expected.safetensors')).tensors);
  const [B, S] = tokens!.shape as [number, number];
  return {
    tokens: Array.from({ length: B }, (_, b) => Array.from(tokens!.values.slice(b * S, (b + 1) * S))),
    logits: logits!.values as Float32Array,
    vocabulary: logits!.shape[2]!,
  };
}

const load = (name: string, fam?: object) =>
  loadModel(
    {
      'config.json': file(name, 'config.json'),
      'model.safetensors': file(name, 'model.safetensors'),
      ...(fam && { 'fam.json': new TextEncoder().encode(JSON.stringify(fam)) }),
    },
    { tokenizer: false },
  );

describeEachBackend('a checkpoint of transformers', () => {
  test.each(names)('%s has its logits, token by token and read at once', async (name) => {
    const { tokens, logits, vocabulary: V } = expectedOf(name);
    const S = tokens[0]!.length;
    const model = await load(name);
    /** Holds what a session expects after its first `read` tokens. */
    const expectLogits = async (session: Session, read: number) => {
      for (const [b, row] of (await session.logits())!.entries()) {
        const expected = logits.slice((b * S + read - 1) * V, (b * S + read) * V);
        await expectClose([...row], [...expected], { relative: 1e-4, absolute: 1e-4 }, 'logits');
        expect(row.indexOf(Math.max(...row))).toBe(expected.indexOf(Math.max(...expected)));
      }
    };
    const step = model.session({ rows: tokens.length, schedule: 'step' });
    for (let read = 1; read <= S; read++) {
      await step.read(tokens.map((row) => [row[read - 1]!]));
      await expectLogits(step, read);
    }
    const scan = model.session({ rows: tokens.length });
    await scan.read(tokens);
    await expectLogits(scan, S);
    for (const end of [step, scan, model]) end.dispose();
  });
});

describe('every family', () => {
  beforeAll(() => setBackend('wasm'));

  test.each(names)('%s writes the configuration that it read', (name) => {
    const config = parseModelConfig(configOf(name));
    const files = JSON.parse(JSON.stringify(configFiles(config)));
    expect(parseModelConfig(files.config, files.fam)).toEqual(config);
    const tensors = Object.keys(readSafetensors(file(name, 'model.safetensors')).tensors);
    expect(Object.keys(weightShapes(config)).sort()).toEqual(tensors.sort());
  });

  test.each(names)('%s takes FAM, with which every schedule and split agrees', async (name) => {
    const fam = { block_size: 4, memory_segments: 1, fam_length: 2, variant: 'fam-norm' };
    const config = parseModelConfig(configOf(name), fam);
    const plain = await load(name);
    const prompt = tf.randomNormal([2, config.width], 0, 1, 'float32', 3);
    const model = languageModel({ config, weights: { ...plain.weights, 'fam.prompt': prompt } });
    const { tokens } = expectedOf(name);
    const ends: number[][] = [];
    for (const schedule of schedules) {
      const session = model.session({ rows: tokens.length, schedule });
      for (const [from, to] of [
        [0, 6],
        [6, 7],
        [7, 23],
      ] as const) {
        await session.read(tokens.map((row) => row.slice(from, to)));
      }
      ends.push((await session.logits())!.flatMap((row) => [...row]));
      session.dispose();
    }
    for (const end of ends)
      await expectClose(end, ends[0]!, { relative: 1e-5, absolute: 1e-5 }, schedules[0]);
    const session = plain.session({ rows: tokens.length });
    await session.read(tokens);
    const without = (await session.logits())!.flatMap((row) => [...row]);
    expect(Math.max(...without.map((value, i) => Math.abs(value - ends[0]![i]!)))).toBeGreaterThan(0.01);
    session.dispose();
    model.dispose();
    plain.dispose();
    prompt.dispose();
  });
});

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
    [{ rope_scaling: { type: 'linear', factor: 2 } }, 'not supported yet'],
  ])('refuses %j', (changes, complaint) => {
    const parse = () => own({ rotary_pct: 0.5, ...changes });
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(complaint);
  });
});

test('a family that is not supported is refused with the list of those that are', () => {
  const parse = () => parseModelConfig({ ...configOf('llama'), model_type: 'mamba' });
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(/"mamba".*llama, gpt_neox/);
});
