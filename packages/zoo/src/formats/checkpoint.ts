/** A model as its files hold it, in Hugging Face's names and layout whatever the format: the face that all formats have. */
import { type BlockDtype, blockTypes, dequantise } from './quantised.ts';
import type { Dtype } from './safetensors.ts';
import { toFloat32, toInt32, type Values } from './values.ts';

/** A tensor that is still where its file lies. */
export interface StoredTensor {
  /** What the errors call its file. */
  file: string;
  name: string;
  dtype: Dtype | BlockDtype;
  shape: readonly number[];
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

/** The numbers of a tensor, in float32 or int32. */
export async function valuesOf({ name, dtype, shape, data }: StoredTensor): Promise<Values> {
  const bytes = await data();
  if (dtype in blockTypes) return { shape, values: dequantise(dtype as BlockDtype, bytes) };
  const raw = { dtype: dtype as Dtype, shape, data: bytes };
  const isInteger = dtype === 'I32' || dtype === 'I64';
  return { shape, values: isInteger ? toInt32(raw, name) : toFloat32(raw, name) };
}
