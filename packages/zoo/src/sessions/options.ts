/** What calls on sessions may be told, checked before they begin. */
import { ConfigError, require, ShapeError } from '@famjs/backends';
import { schedules } from '@famjs/layer';
import * as z from 'zod';
import { parsed } from '../parsed.ts';
import type { Reader, ReadOptions } from './reading.ts';
import type { Sampling } from './samplers.ts';

/** How a session reads, whatever it reads. */
export interface ReaderOptions extends Partial<Pick<Reader, 'schedule' | 'blocksPerScan'>> {}

export interface SessionOptions extends ReaderOptions {
  /** B: texts read side by side, in step with each other; 1 unless given. */
  rows?: number;
  /** Absolute position of the first token, which matters to FAM at position zero alone; 0 unless given. */
  origin?: number;
}

export interface TokenOptions extends Sampling {
  /** How many tokens are generated, at most. */
  maxTokens: number;
  /** Draws the same tokens again for the same text; unless given, others each time. */
  seed?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface GenerateOptions extends TokenOptions {
  /** Text that ends the generation where it would begin; it is neither yielded nor read. */
  stop?: string | readonly string[] | undefined;
}

export interface ChatOptions extends Partial<GenerateOptions> {
  /** How many tokens a reply has at most; as many as the model likes unless given. */
  maxTokens?: number;
}

const natural = z.int().min(1);
const signal = z.custom<AbortSignal>((value) => value instanceof AbortSignal, 'is no AbortSignal').optional();
const text = z.string().min(1, 'is empty');

const reader = { schedule: z.enum(schedules).optional(), blocksPerScan: natural.optional() };
const sessionSchema = z.strictObject({
  ...reader,
  rows: natural.optional(),
  origin: z.int().min(0).optional(),
});
const readSchema = z.strictObject({
  signal,
  onProgress: z.custom((value) => typeof value === 'function', 'is no function').optional(),
});
const generateSchema = z.strictObject({
  maxTokens: natural,
  stop: z.union([text, z.array(text)]).optional(),
  repetitionPenalty: z.number().gt(0).optional(),
  temperature: z.number().min(0).optional(),
  topK: natural.optional(),
  topP: z.number().gt(0).max(1).optional(),
  minP: z.number().min(0).max(1).optional(),
  seed: z.int().optional(),
  signal,
});
const chatSchema = generateSchema.partial();

/** @throws ConfigError naming every option that does not fit */
export function requireSessionOptions(options: SessionOptions): void {
  check(sessionSchema, options, 'The options of session()', '{ rows, schedule, blocksPerScan, origin }');
}

/** @throws ConfigError naming every option that does not fit */
export function requireReaderOptions(options: ReaderOptions): void {
  check(z.strictObject(reader), options, 'The options of restore()', '{ schedule, blocksPerScan }');
}

/** @throws ConfigError naming every option that does not fit */
export function requireReadOptions(options: ReadOptions, call: string): void {
  check(readSchema, options, `The options of ${call}`, '{ signal, onProgress }');
}

/** @throws ConfigError naming every option that does not fit */
export function requireGenerateOptions(options: GenerateOptions, call: string): void {
  check(
    generateSchema,
    options,
    `The options of ${call}`,
    `${generateNames}, of which maxTokens must be given`,
  );
}

/** @throws ConfigError naming every option that does not fit */
export function requireChatOptions(options: ChatOptions): void {
  check(chatSchema, options, 'The options of chat()', generateNames);
}

const generateNames = '{ maxTokens, stop, repetitionPenalty, temperature, topK, topP, minP, seed, signal }';

function check(schema: z.ZodType, options: unknown, what: string, expected: string): void {
  const plain = z.custom((value) => isPlain(value), 'these are no options').pipe(schema);
  parsed(plain, options, what, ConfigError, `${expected}.`, 'correct the call.');
}

/** An object that was written down, and no signal, state or model. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a value is options, and no text or tokens. */
export function isOptions(value: unknown): value is GenerateOptions {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(Symbol.asyncIterator in value)
  );
}

/** What the remedy is where `generate` has several rows. */
export const generateRows =
  'call generateTokens(), which yields a token of every row, or open a session for each text.';

/** @throws ShapeError for a session of several rows */
export function requireOneRow(rows: number, call: string, remedy: string): void {
  require(rows === 1, ShapeError, () => ({
    wrong: `${call} was called on a session of ${rows} rows.`,
    expected: 'a session of one row.',
    remedy,
  }));
}

/** @throws ConfigError for a chat whose replies would never end */
export function requireEnd(
  { endTokens, name }: { endTokens: readonly number[]; name: string },
  options: ChatOptions,
): void {
  const ends = endTokens.length > 0 || options.maxTokens !== undefined || (options.stop ?? []).length > 0;
  require(ends, ConfigError, () => ({
    wrong: `chat() was given no end: ${name} names no token that ends a reply.`,
    expected: 'maxTokens, or stop strings.',
    remedy: 'give one of them, or say eos_token_id in the generation_config.json of the model.',
  }));
}
