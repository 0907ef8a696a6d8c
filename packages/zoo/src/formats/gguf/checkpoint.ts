/** A GGUF file as a checkpoint in Hugging Face's layout. */
import type { SourceFile } from '../../sources/source.ts';
import { type Checkpoint, numbersOf, type StoredTensor } from '../checkpoint.ts';
import { configFromGguf } from './config.ts';
import { readGgufHeader } from './header.ts';
import { huggingFaceName, isRopeTable, unpairedRows } from './names.ts';
import { notesOf } from './notes.ts';
import { generationFromGguf, tokenizerFromGguf } from './tokenizer.ts';

/**
 * @param place what the errors call the file
 * @param wantsText whether its vocabulary must be one that FAM.js can make a tokenizer of
 * @throws CheckpointError, ConfigError when the file is damaged or holds what FAM.js does not read
 */
export async function ggufCheckpoint(
  file: SourceFile,
  place: string,
  wantsText: boolean,
): Promise<Checkpoint> {
  const { metadata, tensors } = await readGgufHeader(file, place);
  const notes = notesOf(metadata, place);
  const architecture = notes.text('general.architecture') ?? '';
  const heads = headsOf((key) => notes.number(`${architecture}.${key}`));
  const stored = Array.from(tensors, ([ggufName, { dtype, shape, from, to }]): StoredTensor => {
    const name = huggingFaceName(ggufName, architecture);
    const paired = architecture === 'llama' ? heads(name) : undefined;
    return {
      ...{ file: place, name, dtype, shape, kept: dtype === 'F32' ? undefined : dtype },
      async data() {
        const data = await file.read(from, to);
        if (paired) return unpairedRows(data, shape[0]!, paired);
        return architecture === 'gemma3' && name.endsWith('norm.weight') ? lessOne(data) : data;
      },
    };
  });
  const factors = stored.find(({ name }) => name === 'rope_freqs.weight');
  const ropeFactors = factors && (await numbersOf(factors));
  const tokenizer = wantsText ? tokenizerFromGguf(notes, architecture, place) : undefined;
  const content: Readonly<Record<string, () => unknown>> = {
    'config.json': () => configFromGguf(notes, tensors, ropeFactors, place),
    'generation_config.json': () => generationFromGguf(notes),
    'tokenizer.json': () => tokenizer?.tokenizer,
    'tokenizer_config.json': () => tokenizer?.config,
  };
  return {
    json: async (name) => content[name]?.(),
    chatTemplate: async () => undefined,
    tensors: async () => stored.filter(({ name }) => !isRopeTable(name)),
  };
}

/** How many heads of queries or keys a tensor is made of, by its name in Hugging Face's words; undefined for others. */
function headsOf(number: (key: string) => number | undefined): (name: string) => number | undefined {
  const queries = number('attention.head_count');
  const keys = number('attention.head_count_kv') ?? queries;
  return (name) => (/\.q_proj\./.test(name) ? queries : /\.k_proj\./.test(name) ? keys : undefined);
}

/** Gains of Gemma's norms, which multiply by one more than they say; GGUF has them with the one. */
function lessOne(data: Uint8Array): Uint8Array {
  const gains = new Float32Array(new Uint8Array(data).buffer).map((gain) => gain - 1);
  return new Uint8Array(gains.buffer);
}
