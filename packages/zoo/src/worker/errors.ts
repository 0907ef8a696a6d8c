/** Errors as two threads pass them to each other: of the same named class on the other side, with its three parts. */
import * as errors from '@famjs/backends/errors';

type Cause = (error: unknown) => unknown;

/** An error as a message holds it. */
export interface PackedError {
  name: string;
  message: string;
  stack: string | undefined;
  complaint: errors.Complaint | undefined;
  cause: unknown;
}

export function packError(error: Error, packCause: Cause): PackedError {
  const { name, message, stack, cause } = error;
  const complaint = error instanceof errors.FamError ? error.complaint : undefined;
  return { name, message, stack, complaint, cause: packCause(cause) };
}

export function unpackError(packed: PackedError, unpackCause: Cause): Error {
  const error = errorOf(packed, unpackCause(packed.cause));
  // The stack of the thread that threw it says more than that of the message.
  if (packed.stack) Object.defineProperty(error, 'stack', { value: packed.stack, configurable: true });
  return error;
}

const famErrors = errors as unknown as Record<
  string,
  new (
    complaint: errors.Complaint,
    options: ErrorOptions,
  ) => Error
>;
const plainErrors = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function errorOf({ name, message, complaint }: PackedError, cause: unknown): Error {
  const options = cause === undefined ? {} : { cause };
  if (complaint && Object.hasOwn(famErrors, name)) return new famErrors[name]!(complaint, options);
  if (Object.hasOwn(plainErrors, name))
    return new plainErrors[name as keyof typeof plainErrors](message, options);
  if (name.endsWith('Error') && !Object.hasOwn(globalThis, name) && name !== 'Error') {
    return new DOMException(message, name);
  }
  return Object.assign(new Error(message, options), { name });
}
