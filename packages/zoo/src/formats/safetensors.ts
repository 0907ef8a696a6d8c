/** The safetensors format, read and written strictly: a header in JSON, then the bytes of all tensors without a gap. */
import { CheckpointError, type Complaint, require } from '@famjs/backends';
import type { SourceFile } from '../sources/source.ts';
import { parsePlainJson } from './plain-json.ts';

/** Bytes per number of every dtype the format has; complex numbers and floats of 8 bits or less are only carried along. */
export const dtypeWidths = {
  F64: 8,
  I64: 8,
  U64: 8,
  C64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  F8_E4M3FNUZ: 1,
  F8_E5M2FNUZ: 1,
  F6_E2M3: 0.75,
  F6_E3M2: 0.75,
  F4: 0.5,
} as const;
export type Dtype = keyof typeof dtypeWidths;

/** A tensor as it lies in a file: little-endian, row by row, at any alignment. */
export interface RawTensor {
  dtype: Dtype;
  shape: readonly number[];
  data: Uint8Array;
}

export type RawTensors = Readonly<Record<string, RawTensor>>;

export interface Safetensors {
  /** Without a prototype, so that a name is in it only if the file has it. */
  tensors: RawTensors;
  /** Free text by name; without a prototype too. */
  metadata: Readonly<Record<string, string>>;
}

const lengthBytes = 8;
const headerLimit = 100_000_000;
/** The header holds tensors, which hold lists. */
const headerDepth = 3;

/** Where a tensor lies in a file. */
export interface PlacedTensor {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  /** Of the file's bytes, before `to`. */
  from: number;
  to: number;
}

type SafetensorsHead = { placed: PlacedTensor[] } & Pick<Safetensors, 'metadata'>;

/**
 * Reads a file; the tensors are views of its bytes.
 *
 * @param source what the errors call the file
 * @throws CheckpointError for everything that the format does not allow
 */
export function readSafetensors(bytes: Uint8Array, source = 'the safetensors file'): Safetensors {
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = headerEnd(file.subarray(0, lengthBytes), file.length, source);
  const { placed, metadata } = readHeader(file.subarray(lengthBytes, end), file.length, source);
  const tensors = placed.map(({ name, dtype, shape, from, to }): [string, RawTensor] => [
    name,
    { dtype, shape, data: file.subarray(from, to) },
  ]);
  return { tensors: plainRecord(tensors), metadata };
}

/**
 * What lies where in a file of which only the header is read; in the order of the file.
 *
 * @throws CheckpointError as `readSafetensors` does
 */
export async function placedTensors(file: SourceFile, source: string): Promise<PlacedTensor[]> {
  return (await safetensorsHead(file, source)).placed;
}

/** The same with the free text of the file. @throws CheckpointError as `readSafetensors` does */
export async function safetensorsHead(file: SourceFile, source: string): Promise<SafetensorsHead> {
  const end = headerEnd(await file.read(0, Math.min(lengthBytes, file.size)), file.size, source);
  return readHeader(await file.read(lengthBytes, end), file.size, source);
}

/**
 * Writes a file that depends on nothing but its content: the widest dtypes first, which keeps every tensor aligned, and
 * names in order within a dtype.
 *
 * @throws CheckpointError for what `readSafetensors` would not read back
 */
export function writeSafetensors(
  tensors: RawTensors,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = Object.entries(tensors)
    .sort(byName)
    .sort(([, a], [, b]) => dtypeWidths[b.dtype] - dtypeWidths[a.dtype]);
  const entries = ordered.map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const header = safetensorsHeader(entries, metadata);
  const end = ordered.reduce((sum, [, { data }]) => sum + data.length, 0);
  const file = new Uint8Array(header.length + end);
  file.set(header);
  let at = header.length;
  for (const [, { data }] of ordered) {
    file.set(data, at);
    at += data.length;
  }
  readSafetensors(file, 'the file to be written');
  return file;
}

/** What a file begins with whose tensors follow in this order; of dtypes of whole bytes. */
export function safetensorsHeader(
  tensors: readonly { name: string; dtype: Dtype; shape: readonly number[] }[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: [string, object][] = [];
  const strings = Object.entries(metadata).sort(byName);
  if (strings.length > 0) header.push(['__metadata__', Object.fromEntries(strings)]);
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    const bytes = shape.reduce((size, dimension) => size * dimension, dtypeWidths[dtype]);
    header.push([name, { dtype, shape, data_offsets: [end, end + bytes] }]);
    end += bytes;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = lengthBytes + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(start).fill(0x20, lengthBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - lengthBytes), true);
  bytes.set(text, lengthBytes);
  return bytes;
}

/** Where the header ends in a file of `size` bytes that begins with `start`. */
function headerEnd(start: Uint8Array, size: number, source: string): number {
  accept(size >= lengthBytes, source, () => [
    `it has ${size} bytes`,
    `at least the ${lengthBytes} bytes of the header's length`,
  ]);
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  accept(length <= headerLimit, source, () => [
    `its header claims ${length} bytes`,
    `at most ${headerLimit} bytes`,
  ]);
  const end = lengthBytes + Number(length);
  accept(end <= size, source, () => [
    `its header claims ${length} bytes of the ${size - lengthBytes} that follow`,
    'a header that ends within the file',
  ]);
  return end;
}

/** @param size bytes of the whole file */
function readHeader(header: Uint8Array, size: number, source: string): SafetensorsHead {
  const start = lengthBytes + header.length;
  const { __metadata__: metadata = {}, ...infos } = readContent(header, source);
  accept(isStrings(metadata), source, () => [`__metadata__ is ${brief(metadata)}`, 'an object of strings']);
  const placed = Object.entries(infos)
    .map(([name, info]) => ({ name, ...readInfo(name, info, source) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const tensor of placed) {
    accept(tensor.begin === end, source, () => [
      `the data of "${tensor.name}" begins at byte ${tensor.begin}`,
      `byte ${end}, where the data before it ends`,
    ]);
    end = tensor.end;
  }
  accept(start + end === size, source, () => [
    `the file holds ${size - start} bytes of data`,
    `the ${end} bytes that its tensors take`,
  ]);
  return {
    placed: placed.map(
      ({ begin, end, ...info }): PlacedTensor => ({ ...info, from: start + begin, to: start + end }),
    ),
    metadata: plainRecord(Object.entries(metadata)),
  };
}

function readContent(header: Uint8Array, source: string): Record<string, unknown> {
  accept(header[0] === 0x7b, source, () => [
    'its header does not start with "{"',
    'a header in JSON from the ninth byte on',
  ]);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(header);
    return parsePlainJson(text, headerDepth) as Record<string, unknown>;
  } catch (cause) {
    const wrong = `its header does not parse (${(cause as Error).message})`;
    throw new CheckpointError(refusal(source, wrong, 'plain JSON in UTF-8'), { cause });
  }
}

/** Checks what the header says of one tensor in itself, not yet whether it fits the others. */
function readInfo(name: string, info: unknown, source: string) {
  const wrong = (what: string) => `"${name}" has ${what}`;
  accept(isRecord(info) && Object.keys(info).sort().join() === 'data_offsets,dtype,shape', source, () => [
    wrong(`the entry ${brief(info)}`),
    'an object of dtype, shape and data_offsets',
  ]);
  const { dtype, shape, data_offsets: offsets } = info;
  accept(typeof dtype === 'string' && Object.hasOwn(dtypeWidths, dtype), source, () => [
    wrong(`the dtype ${brief(dtype)}`),
    `one of ${Object.keys(dtypeWidths).join(', ')}`,
  ]);
  accept(isSizes(shape), source, () => [
    wrong(`the shape ${brief(shape)}`),
    'a list of whole numbers from 0 on',
  ]);
  accept(isSizes(offsets) && offsets.length === 2, source, () => [
    wrong(`the data_offsets ${brief(offsets)}`),
    'the bytes at which its data begins and ends',
  ]);
  const [begin, end] = offsets as [number, number];
  let count = 1;
  for (const dimension of shape) {
    count *= dimension;
    accept(Number.isSafeInteger(count), source, () => [
      wrong(`the shape ${brief(shape)}`),
      'a size that fits a file',
    ]);
  }
  const size = count * dtypeWidths[dtype as Dtype];
  accept(end - begin === size, source, () => [
    wrong(`data from byte ${begin} to ${end}`),
    `the ${size} bytes of ${dtype} ${brief(shape)}`,
  ]);
  return { dtype: dtype as Dtype, shape, begin, end };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStrings(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function plainRecord<Value>(entries: [string, Value][]): Record<string, Value> {
  return Object.setPrototypeOf(Object.fromEntries(entries), null);
}

/** A value of the header as an error shows it, however long it is. */
function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function accept(condition: unknown, source: string, complaint: () => [string, string]): asserts condition {
  require(condition, CheckpointError, () => refusal(source, ...complaint()));
}

function refusal(source: string, wrong: string, expected: string): Complaint {
  return {
    wrong: `In ${source}, ${wrong}.`,
    expected: `${expected}.`,
    remedy: 'fetch or write the file again; it is damaged or not a safetensors file.',
  };
}
