/** The tiny checkpoints that transformers saved (tooling/checkpoints), what is added to them, and what it computes with them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  decodeTensors,
  type FamOptions,
  type LanguageModel,
  loadModel,
  modelFiles,
  type NamedValues,
  readSafetensors,
} from '../src/index.ts';

const fixtures = new URL('../../../tooling/checkpoints/fixtures/', import.meta.url);

export const checkpoints = readdirSync(fixtures);

/** Where something lies in tooling/checkpoints. */
export const checkpointPath = (path: string): string =>
  fileURLToPath(new URL(`../../../tooling/checkpoints/${path}`, import.meta.url));

export const filesOf = (folder: string): Record<string, Uint8Array> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  );

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
  { fam, config = configOf(name), given }: { fam?: object; config?: object; given?: FamOptions['fam'] } = {},
): Promise<LanguageModel<undefined>> {
  const json = (content: object) => new TextEncoder().encode(JSON.stringify(content));
  return loadModel(
    {
      'config.json': json(config),
      'model.safetensors': fileOf(name, 'model.safetensors'),
      ...(fam && { 'fam.json': json(fam) }),
    },
    { tokenizer: false, fam: given },
  );
}

/** Those that transformers can read again. */
export const ofTransformers = checkpoints.filter((name) => !name.startsWith('palm'));

interface ReadBack {
  /** Between the logits, in shares of the largest. */
  difference: number;
  'config.json': string;
  'model.safetensors': string;
}

/** What transformers made of the files of these digests that FAM.js wrote of the checkpoint. */
export function readBackOf(name: string): ReadBack {
  const report: { checkpoints: Record<string, ReadBack> } = JSON.parse(
    readFileSync(new URL('../read_back.json', fixtures), 'utf8'),
  );
  return report.checkpoints[name]!;
}

/** The files that FAM.js writes of the checkpoint with a FAM beside its weights. */
export async function writtenFiles(name: string): Promise<Record<string, Uint8Array>> {
  const model = await loadCheckpoint(name, { given: { length: 2 } });
  return modelFiles(model).finally(() => model.dispose());
}
