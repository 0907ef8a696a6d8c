/** A model as its files hold it, in Hugging Face's names and layout whatever the format: the face that all formats have. */
import { type BlockDtype, blockTypes } from '@famjs/ops';
import { requireFinite } from '../weights.ts';
import type { Dtype } from './safetensors.ts';
import { writeFloat32 } from './values.ts';

/** A tensor that is still where its file lies. */
export interface StoredTensor {
  /** What the errors call its file. */
  file: string;
  name: string;
  dtype: Dtype | BlockDtype;
  shape: readonly number[];
  /** The blocks in which it stays unless others are asked for; those of other files become float32. */
  kept?: BlockDtype | undefined;
  /** Its bytes as they are stored, quantised where they are, rows in Hugging Face's order. */
  data(): Promise<Uint8Array>;
}

export interface Checkpoint {
  /** The content of config.json, generation_config.json, tokenizer.json or tokenizer_config.json; undefined where there is none. */
  json(name: string): Promise<unknown>;
  /** The content of chat_template.jinja. */
  chatTemplate(): Promise<string | undefined>;
  /** What its headers say, in the order in which the files are read fastest. */
  tensors(): Promise<readonly StoredTensor[]>;
}

/** A tensor whose bytes are here and whose numbers are not made yet. */
export interface ReadTensor extends Pick<StoredTensor, 'dtype' | 'kept'> {
  shape: readonly number[];
  bytes: Uint8Array;
  /**
   * Writes its numbers, row by row: from the `from`-th on, unless given the first, which begins a block, as many as `into` has room for.
   *
   * @throws CheckpointError for a dtype without a float32 form
   * @throws NonFiniteError when one is NaN or infinity
   */
  write(into: Float32Array, from?: number): void;
}

/** A tensor with its bytes read. Blocks whose first number is finite are finite; in other tensors every number is looked at. */
export async function readTensor({ name, dtype, shape, kept, data }: StoredTensor): Promise<ReadTensor> {
  const bytes = await data();
  const block = dtype in blockTypes ? blockTypes[dtype as BlockDtype] : undefined;
  const numbers = block?.numbers ?? 1;
  const width = block?.bytes ?? bytes.length / sizeOf(shape);
  return {
    ...{ shape, dtype, kept, bytes },
    write(into, from = 0) {
      const [start, end] = [from, from + into.length].map((place) => (place / numbers) * width);
      const data = bytes.subarray(start, end);
      if (block) block.decode(data, into);
      else writeFloat32({ dtype: dtype as Dtype, shape, data }, name, into);
      requireFinite(name, into, numbers, from);
    },
  };
}

/** The numbers of a tensor. @throws CheckpointError, NonFiniteError as `ReadTensor.write` */
export async function numbersOf(tensor: StoredTensor): Promise<Float32Array> {
  const { shape, write } = await readTensor(tensor);
  const numbers = new Float32Array(sizeOf(shape));
  write(numbers);
  return numbers;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((size, dimension) => size * dimension, 1);
