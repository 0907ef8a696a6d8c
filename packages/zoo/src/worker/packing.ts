/**
 * Values on their way to another thread and back. What structured cloning cannot carry stays where it is and is spoken to by number:
 * abort signals, functions that are told something, and async iterables, of which each item is asked for when it is wanted.
 */
import { packError, unpackError } from './errors.ts';
import type { Keeper, OwnCall } from './kept.ts';
import type { Message, Reference } from './messages.ts';

/** Where something goes: out with a call, or home as its answer, with bytes that are handed over. */
interface Parcel {
  call?: OwnCall | undefined;
  transfer?: Transferable[];
}

/**
 * @param kept where that stays which cannot go
 * @param post sends what is said to that which stayed at the other end
 * @param streamOf the stream that stayed there by this number
 */
export function packer(
  kept: Keeper,
  post: (message: Message) => void,
  streamOf: (ref: number) => AsyncIterableIterator<unknown>,
) {
  const controllers = new Map<number, AbortController>();
  /** Errors that came from the other end, by their number there: they go home as what they were. */
  const homes = new WeakMap<Error, number>();

  const pack = (value: unknown, parcel: Parcel): unknown => {
    const { call, transfer } = parcel;
    if (typeof value === 'function') return { '@famjs': 'function', ref: kept.keep(value, call) };
    if (typeof value !== 'object' || value === null) return value;
    if (value instanceof AbortSignal) return packSignal(value, call);
    if (value instanceof Error) {
      const home = homes.get(value);
      if (home !== undefined) return { '@famjs': 'home', ref: home };
      const ref = call && kept.keep(value, call);
      return { '@famjs': 'error', ref, error: packError(value, (cause) => pack(cause, {})) };
    }
    if (Symbol.asyncIterator in value && !isHandle(value)) {
      const iterator = (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
      const ref = kept.keep(iterator, call, () => void iterator.return?.().catch(() => {}));
      return { '@famjs': 'stream', ref };
    }
    if (Array.isArray(value)) return value.map((item) => pack(item, parcel));
    if (isPlain(value)) return mapEntries(value, (item) => pack(item, parcel));
    if (ArrayBuffer.isView(value) && value.byteLength === value.buffer.byteLength) {
      transfer?.push(value.buffer as ArrayBuffer);
    }
    return value;
  };

  const packSignal = (signal: AbortSignal, call: OwnCall | undefined): Reference => {
    const reason = () => pack(signal.reason, { call });
    const abort = () => post({ type: 'abort', ref, reason: reason() });
    const ref = kept.keep(signal, call, () => signal.removeEventListener('abort', abort));
    if (signal.aborted) return { '@famjs': 'signal', ref, aborted: true, reason: reason() };
    signal.addEventListener('abort', abort, { once: true });
    return { '@famjs': 'signal', ref, aborted: false };
  };

  const unpack = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(unpack);
    if (!isPlain(value)) return value;
    return '@famjs' in value ? unpackReference(value as Reference) : mapEntries(value, unpack);
  };

  const unpackReference = (reference: Reference): unknown => {
    const { '@famjs': kind, ref } = reference;
    switch (kind) {
      case 'home':
        return kept.at(ref);
      case 'function':
        return (...args: unknown[]) => post({ type: 'tell', ref, args: args.map((arg) => pack(arg, {})) });
      case 'stream':
        return streamOf(ref);
      case 'error': {
        const error = unpackError(reference.error, unpack);
        if (ref !== undefined) homes.set(error, ref);
        return error;
      }
      case 'signal': {
        const controller = new AbortController();
        controllers.set(ref, controller);
        if (reference.aborted) controller.abort(unpack(reference.reason));
        return controller.signal;
      }
    }
  };

  return {
    pack,
    unpack,
    /** Aborts the signal that stands for one of the other end. */
    abort: (ref: number, reason: unknown) => controllers.get(ref)?.abort(unpack(reason)),
    /** Lets go of signals whose call is over. */
    forget(refs: readonly number[]) {
      for (const ref of refs) controllers.delete(ref);
    },
  };
}

/** Folders of a page's file system list what is in them, and are cloned as they are. */
const isHandle = (value: object): boolean =>
  typeof FileSystemHandle === 'function' && value instanceof FileSystemHandle;

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const mapEntries = (object: object, map: (value: unknown) => unknown): object =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
