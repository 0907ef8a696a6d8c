/** The header of a GGUF file, read strictly: notes about the model, and which tensor lies where. */
import { CheckpointError, type Complaint, require } from '@famjs/backends';
import { type BlockDtype, blockTypes } from '@famjs/ops';
import type { SourceFile } from '../../sources/source.ts';
import { type GgufValue, HeaderBytes, Malformed, NeedsMore } from './bytes.ts';

export type GgufDtype = 'F32' | BlockDtype;

export interface GgufTensor {
  dtype: GgufDtype;
  /** Rows first, as everywhere else; in the file the width of a row comes first. */
  shape: readonly number[];
  /** Of the file's bytes, before `to`. */
  from: number;
  to: number;
}

export interface GgufHeader {
  metadata: ReadonlyMap<string, GgufValue>;
  /** In the order in which they lie. */
  tensors: ReadonlyMap<string, GgufTensor>;
}

/** By their numbers in ggml; the names of the others are for those who have such a file. */
const dtypeNames: Readonly<Record<number, string>> = {
  ...{ 0: 'F32', 1: 'F16', 2: 'Q4_0', 3: 'Q4_1', 6: 'Q5_0', 7: 'Q5_1', 8: 'Q8_0', 9: 'Q8_1' },
  ...{ 10: 'Q2_K', 11: 'Q3_K', 12: 'Q4_K', 13: 'Q5_K', 14: 'Q6_K', 15: 'Q8_K' },
  ...{
    16: 'IQ2_XXS',
    17: 'IQ2_XS',
    18: 'IQ3_XXS',
    19: 'IQ1_S',
    20: 'IQ4_NL',
    21: 'IQ3_S',
    22: 'IQ2_S',
    23: 'IQ4_XS',
  },
  ...{
    24: 'I8',
    25: 'I16',
    26: 'I32',
    27: 'I64',
    28: 'F64',
    29: 'IQ1_M',
    30: 'BF16',
    34: 'TQ1_0',
    35: 'TQ2_0',
    39: 'MXFP4',
  },
};
/** Numbers and bytes of the smallest piece of a row. */
const pieces: Readonly<Record<string, { numbers: number; bytes: number }>> = {
  F32: { numbers: 1, bytes: 4 },
  ...blockTypes,
};
export const ggufDtypes = Object.keys(pieces) as GgufDtype[];

const magic = 0x46554747; // "GGUF"
const firstPart = 1 << 20;
const headerLimit = 2 ** 26;
const dimensionLimit = 4;
/** Notes, and tensors; real files have some dozens, and some thousands at most. */
const entryLimit = 2 ** 16;

/**
 * @param source what the errors call the file
 * @throws CheckpointError for everything that the format does not allow, and for tensors of a type that FAM.js does not read
 */
export async function readGgufHeader(file: SourceFile, source: string): Promise<GgufHeader> {
  let bytes = new Uint8Array();
  for (let wanted = firstPart; ; wanted *= 4) {
    const end = Math.min(wanted, file.size, headerLimit);
    const more = await file.read(bytes.length, end);
    const longer = new Uint8Array(end);
    longer.set(bytes);
    longer.set(more, bytes.length);
    bytes = longer;
    try {
      return parse(new HeaderBytes(bytes), file.size);
    } catch (error) {
      if (error instanceof NeedsMore) {
        require(end < file.size && end < headerLimit, CheckpointError, () =>
          refusal(
            source,
            `its header does not end within ${end} bytes`,
            'a header that ends within the file',
          ));
      } else if (error instanceof Malformed) {
        throw new CheckpointError(refusal(source, error.wrong, error.expected), { cause: error });
      } else throw error;
    }
  }
}

function parse(bytes: HeaderBytes, size: number): GgufHeader {
  accept(bytes.uint32() === magic, 'it does not begin with "GGUF"', 'a GGUF file');
  const version = bytes.uint32();
  accept(version === 2 || version === 3, `its version is ${version}`, 'version 2 or 3, little-endian');
  const tensorCount = bytes.size('the number of tensors');
  const noteCount = bytes.size('the number of notes');
  accept(
    tensorCount <= entryLimit && noteCount <= entryLimit,
    `it has ${tensorCount} tensors and ${noteCount} notes`,
    `at most ${entryLimit} of each`,
  );
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < noteCount; i++) {
    const key = bytes.string('a key');
    accept(!metadata.has(key), `"${key}" is there twice`, 'every key once');
    metadata.set(key, bytes.value(bytes.uint32(), `"${key}"`));
  }
  const alignment = metadata.get('general.alignment') ?? 32;
  accept(
    typeof alignment === 'number' && alignment > 0 && alignment % 8 === 0,
    `general.alignment is ${alignment}`,
    'a multiple of 8',
  );
  const infos = new Map<string, ReturnType<typeof readInfo>>();
  for (let i = 0; i < tensorCount; i++) {
    const name = bytes.string('the name of a tensor');
    accept(!infos.has(name), `the tensor "${name}" is there twice`, 'every tensor once');
    infos.set(name, readInfo(bytes, name));
  }
  return { metadata, tensors: placed(infos, bytes.at, alignment, size) };
}

function readInfo(bytes: HeaderBytes, name: string) {
  const dimensions = bytes.uint32();
  accept(
    dimensions > 0 && dimensions <= dimensionLimit,
    `"${name}" has ${dimensions} dimensions`,
    `1 to ${dimensionLimit}`,
  );
  const shape = Array.from({ length: dimensions }, () => bytes.size(`a size of "${name}"`)).reverse();
  const type = bytes.uint32();
  const offset = bytes.size(`the place of "${name}"`);
  const dtype = dtypeNames[type] ?? `number ${type}`;
  const piece = Object.hasOwn(pieces, dtype) ? pieces[dtype] : undefined;
  accept(piece, `"${name}" is of the type ${dtype}`, `one of ${ggufDtypes.join(', ')}`);
  accept(
    shape.at(-1)! % piece.numbers === 0 && shape.every((size) => size > 0),
    `"${name}" has the shape [${shape}]`,
    `rows of whole blocks of ${piece.numbers}`,
  );
  let length = piece.bytes / piece.numbers;
  for (const size of shape) {
    length *= size;
    accept(
      length <= Number.MAX_SAFE_INTEGER,
      `"${name}" has the shape [${shape}]`,
      'a size that fits a file',
    );
  }
  return { dtype: dtype as GgufDtype, shape, offset, length };
}

/** Tensors follow one another in the order of the list, each from a multiple of the alignment, as ggml has them too. */
function placed(
  infos: ReadonlyMap<string, ReturnType<typeof readInfo>>,
  headerEnd: number,
  alignment: number,
  size: number,
): Map<string, GgufTensor> {
  const aligned = (at: number) => Math.ceil(at / alignment) * alignment;
  const start = aligned(headerEnd);
  const tensors = new Map<string, GgufTensor>();
  let expected = 0;
  for (const [name, { dtype, shape, offset, length }] of infos) {
    accept(
      offset === expected,
      `"${name}" begins at byte ${offset} of the data`,
      `${expected}, where those before end`,
    );
    const from = start + offset;
    accept(from + length <= size, `"${name}" ends at byte ${from + length} of ${size}`, 'the whole file');
    tensors.set(name, { dtype, shape, from, to: from + length });
    expected = aligned(offset + length);
  }
  return tensors;
}

function accept(condition: unknown, wrong: string, expected: string): asserts condition {
  if (!condition) throw new Malformed(wrong, expected);
}

function refusal(source: string, wrong: string, expected: string): Complaint {
  return {
    wrong: `In ${source}, ${wrong}.`,
    expected: `${expected}.`,
    remedy: 'fetch the file again if it is damaged, or a GGUF file of another kind.',
  };
}
