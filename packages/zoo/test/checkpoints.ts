/** The tiny checkpoints that transformers saved (tooling/checkpoints), and what it computes with them. */
import { readdirSync, readFileSync } from 'node:fs';
import {
  decodeTensors,
  type LanguageModel,
  loadModel,
  type NamedValues,
  readSafetensors,
} from '../src/index.ts';

const fixtures = new URL('../../../tooling/checkpoints/fixtures/', import.meta.url);

export const checkpoints = readdirSync(fixtures);

export const fileOf = (name: string, part: string) =>
  new Uint8Array(readFileSync(new URL(`${name}/${part}`, fixtures)));

export const configOf = (name: string) => JSON.parse(new TextDecoder().decode(fileOf(name, 'config.json')));

export interface Expected {
  /** [B][S] */
  tokens: number[][];
  /** [B, S, V] */
  logits: Float32Array;
  vocabulary: number;
  /** What each layer gives, [B, S, d]. */
  layers: Float32Array[];
}

export function expectedOf(name: string): Expected {
  const values: NamedValues = decodeTensors(readSafetensors(fileOf(name, 'expected.safetensors')).tensors);
  const { tokens, logits } = values;
  const [B, S] = tokens!.shape as [number, number];
  const layers: Float32Array[] = [];
  while (values[`layers.${layers.length}`])
    layers.push(values[`layers.${layers.length}`]!.values as Float32Array);
  return {
    tokens: Array.from({ length: B }, (_, b) => Array.from(tokens!.values.slice(b * S, (b + 1) * S))),
    logits: logits!.values as Float32Array,
    vocabulary: logits!.shape[2]!,
    layers,
  };
}

/** The checkpoint as a model, with another fam.json or config.json where one is given. */
export function loadCheckpoint(
  name: string,
  { fam, config = configOf(name) }: { fam?: object; config?: object } = {},
): Promise<LanguageModel<undefined>> {
  const json = (content: object) => new TextEncoder().encode(JSON.stringify(content));
  return loadModel(
    {
      'config.json': json(config),
      'model.safetensors': fileOf(name, 'model.safetensors'),
      ...(fam && { 'fam.json': json(fam) }),
    },
    { tokenizer: false },
  );
}
