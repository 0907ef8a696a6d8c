/** In which format a model lies somewhere, and its checkpoint. */
import { CheckpointError, require } from '@famjs/backends';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import type { ModelSource, SourceFile } from '../sources/source.ts';
import type { Checkpoint, StoredTensor } from './checkpoint.ts';
import { placedTensors } from './safetensors.ts';

const indexSchema = z.looseObject({
  weight_map: z.record(
    z.string(),
    z.string().regex(/^[\w.-]+\.safetensors$/, 'is no name of a file beside it'),
  ),
});

type Files = Iterable<[string, SourceFile]> | AsyncIterable<[string, SourceFile]>;

/**
 * Hugging Face's folder if its weights are there, else the one GGUF file.
 *
 * @throws CheckpointError when there is neither, or more than one GGUF file
 * @throws ConfigError when the GGUF file holds what FAM.js does not read
 */
export async function openCheckpoint(source: ModelSource, wantsText: boolean): Promise<Checkpoint> {
  const files = await weightFiles(source);
  if (files) {
    return {
      json: (name) => readJson(source, name),
      chatTemplate: () => readText(source, 'chat_template.jinja'),
      tensors: () => storedIn(files, source.place),
    };
  }
  const [gguf, ...others] = source.ggufs;
  require(others.length === 0, CheckpointError, () => ({
    wrong: `There are ${source.ggufs.length} GGUF files in ${source.place}: ${source.ggufs.join(', ')}.`,
    expected: 'one model.',
    remedy: 'name the file that you want.',
  }));
  const file = gguf === undefined ? undefined : await source.open(gguf);
  if (file) {
    const place = source.place.endsWith(gguf!) ? source.place : `${source.place}/${gguf}`;
    // Pages download what reads GGUF when they do.
    const { ggufCheckpoint } = await import('./gguf/checkpoint.ts');
    return ggufCheckpoint(file, place, wantsText);
  }
  const config = await source.read('config.json');
  throw new CheckpointError(missing(source, config ? 'model.safetensors' : 'config.json'));
}

/** The files that hold the weights of a folder of Hugging Face, or undefined where there are none. */
async function weightFiles(source: ModelSource): Promise<Files | undefined> {
  const whole = await source.open('model.safetensors');
  if (whole) return [['model.safetensors', whole]];
  const shards = await shardNames(source);
  return shards && openedShards(source, shards);
}

/**
 * The files over which the weights are spread; undefined where they are not.
 *
 * @throws CheckpointError when the index is no list of files beside it
 */
export async function shardNames(source: Pick<ModelSource, 'place' | 'read'>): Promise<string[] | undefined> {
  const name = 'model.safetensors.index.json';
  const index = await readJson(source, name);
  if (index === undefined) return undefined;
  const expected = 'names of safetensors files in the folder of the model.';
  const { weight_map } = parsed(indexSchema, index, name, CheckpointError, expected);
  return [...new Set(Object.values(weight_map))];
}

async function* openedShards(
  source: ModelSource,
  names: Iterable<string>,
): AsyncGenerator<[string, SourceFile]> {
  for (const name of names) {
    const file = await source.open(name);
    require(file, CheckpointError, () => missing(source, name));
    yield [name, file];
  }
}

/** What the headers of safetensors files say, each opened and read when its turn comes. */
export async function storedIn(files: Files, place: string): Promise<StoredTensor[]> {
  const stored: StoredTensor[] = [];
  for await (const [name, file] of files) {
    const source = `${place}/${name}`;
    for (const { from, to, ...tensor } of await placedTensors(file, source)) {
      stored.push({ file: source, ...tensor, data: () => file.read(from, to) });
    }
  }
  return stored;
}

/** The content of a JSON file, or undefined when there is no such file. */
export const readJson = (source: Pick<ModelSource, 'place' | 'read'>, name: string): Promise<unknown> =>
  readText(source, name, 'JSON in UTF-8.', JSON.parse);

/** What a file says, or undefined when there is no such file. */
async function readText<Content = string>(
  source: Pick<ModelSource, 'place' | 'read'>,
  name: string,
  expected = 'text in UTF-8.',
  parse = (text: string) => text as Content,
): Promise<Content | undefined> {
  const bytes = await source.read(name);
  if (!bytes) return undefined;
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const complaint = {
      wrong: `${source.place}/${name} does not parse (${(cause as Error).message}).`,
      expected,
      remedy: 'correct the file, or fetch it again.',
    };
    throw new CheckpointError(complaint, { cause });
  }
}

export function missing({ place }: ModelSource, name: string) {
  return {
    wrong: `There is no ${name} in ${place}.`,
    expected: 'the files of a model: config.json, model.safetensors, and what goes with them.',
    remedy: 'check the path, or fetch the model again.',
  };
}
