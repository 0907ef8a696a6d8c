/** Scalars of a run as TensorBoard reads them: records of protocol buffers (Event, Summary, SessionLog) with checksums. */
import { appendFile, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { storageError } from '@famjs/zoo/node';
import crc32c from 'crc-32/crc32c.js';
import { PbfWriter } from 'pbf';

export interface EventFile {
  /**
   * Adds what a step has to tell: numbers, and lists and objects of them, whose names TensorBoard groups by what stands before a
   * slash (`scores/keys`, `fam/size/0`).
   */
  write(step: number, entry: object): Promise<void>;
}

/**
 * Begins a file of events beside those that are there. Of those TensorBoard forgets what they have from `step` on, which the run
 * does anew.
 *
 * @throws StorageError when it cannot be written to
 */
export async function openEventFile(folder: string, step: number): Promise<EventFile> {
  const name = `events.out.tfevents.${Math.floor(Date.now() / 1000)}.${hostname()}.${process.pid}`;
  const file = path.join(folder, name);
  const append = (...events: Uint8Array[]) =>
    appendFile(file, Buffer.concat(events.map(recordOf))).catch((cause) => {
      throw storageError(file, cause);
    });
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw storageError(folder, cause);
  });
  const now = () => Date.now() / 1000;
  await append(versionEvent(now()), startEvent(now(), step));
  return { write: (step, entry) => append(scalarsEvent(now(), step, scalarsOf(entry))) };
}

/** The numbers in an entry by their paths. */
function scalarsOf(entry: object, before = ''): Record<string, number> {
  return Object.assign(
    {},
    ...Object.entries(entry).map(([key, value]) => {
      if (typeof value === 'number') return { [before + key]: value };
      return typeof value === 'object' && value !== null ? scalarsOf(value, `${before}${key}/`) : {};
    }),
  );
}

/** @param seconds wall time since 1970 */
export const versionEvent = (seconds: number) =>
  eventOf(seconds, 0, (writer) => writer.writeStringField(3, 'brain.Event:2'));

const startEvent = (seconds: number, step: number) =>
  eventOf(seconds, step, (writer) =>
    writer.writeMessage(7, (_, log) => log.writeVarintField(1, 1), undefined),
  );

export const scalarsEvent = (seconds: number, step: number, scalars: Readonly<Record<string, number>>) =>
  eventOf(seconds, step, (writer) => writer.writeMessage(5, writeSummary, scalars));

function writeSummary(scalars: Readonly<Record<string, number>>, summary: PbfWriter): void {
  for (const scalar of Object.entries(scalars)) {
    summary.writeMessage(
      1,
      ([tag, value], writer) => {
        writer.writeStringField(1, tag);
        writer.writeFloatField(2, value);
      },
      scalar,
    );
  }
}

function eventOf(seconds: number, step: number, what: (writer: PbfWriter) => void): Uint8Array {
  const writer = new PbfWriter();
  writer.writeDoubleField(1, seconds);
  if (step > 0) writer.writeVarintField(2, step);
  what(writer);
  return writer.finish();
}

/** A record: its length and that number's checksum, the bytes and theirs, all little-endian. */
export function recordOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, checksum(length), bytes, checksum(bytes)]);
}

/** CRC-32C, turned and moved so that a checksum of what holds checksums is as good. */
function checksum(bytes: Uint8Array): Buffer {
  const crc = crc32c.buf(bytes) >>> 0;
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  return sum;
}
