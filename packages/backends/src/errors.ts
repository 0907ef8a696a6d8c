/** The errors of FAM.js: each says what was wrong, what was expected, and what to do. */

export interface Complaint {
  /** What was wrong, with the offending value. */
  wrong: string;
  /** What would have been right. */
  expected: string;
  /** What the reader can do about it. */
  remedy: string;
}

/** Where the errors are explained, a page each. */
const pages = 'https://github.com/famjs/famjs/blob/main/docs/errors';

/** Base of every error that FAM.js throws at a public boundary, before anything is changed. */
export class FamError extends Error {
  /** The name of the error and of its page. Names of classes do not survive minifiers. */
  protected static readonly title: string = 'FamError';
  override readonly name: string;
  readonly complaint: Complaint;
  /** The address of the page that explains the error. */
  readonly page: string;

  constructor(complaint: Complaint, options?: ErrorOptions) {
    const { title } = new.target;
    const page = `${pages}/${title}.md`;
    const { wrong, expected, remedy } = complaint;
    super(`${wrong} Expected: ${expected} To do: ${remedy} More: ${page}`, options);
    this.name = title;
    this.complaint = complaint;
    this.page = page;
  }
}

/** A backend that is unknown, not installed, or does not start here. */
export class BackendUnavailableError extends FamError {
  protected static override readonly title = 'BackendUnavailableError';
  declare readonly name: 'BackendUnavailableError';
}

/** The GPU went away with all that lay on it: it was reset, taken away, or ran out of memory. */
export class DeviceLostError extends FamError {
  protected static override readonly title = 'DeviceLostError';
  declare readonly name: 'DeviceLostError';
}

/** Work that the GPU refused: what was computed with it is nothing. */
export class GpuError extends FamError {
  protected static override readonly title = 'GpuError';
  declare readonly name: 'GpuError';
}

/** Tensors whose shapes do not fit together. */
export class ShapeError extends FamError {
  protected static override readonly title = 'ShapeError';
  declare readonly name: 'ShapeError';
}

/** A configuration of a model, a run or a call whose values are wrong or do not fit together. */
export class ConfigError extends FamError {
  protected static override readonly title = 'ConfigError';
  declare readonly name: 'ConfigError';
}

/** A file of weights, state or training progress that is missing, damaged or does not fit. */
export class CheckpointError extends FamError {
  protected static override readonly title = 'CheckpointError';
  declare readonly name: 'CheckpointError';
}

/** Tokens that the model does not have. */
export class TokenError extends FamError {
  protected static override readonly title = 'TokenError';
  declare readonly name: 'TokenError';
}

/** A chat template that fails, goes on too long, or does not go on from what was said before. */
export class ChatTemplateError extends FamError {
  protected static override readonly title = 'ChatTemplateError';
  declare readonly name: 'ChatTemplateError';
}

/** NaN or infinity where numbers must be finite. */
export class NonFiniteError extends FamError {
  protected static override readonly title = 'NonFiniteError';
  declare readonly name: 'NonFiniteError';
}

/** A file or folder that cannot be written. */
export class StorageError extends FamError {
  protected static override readonly title = 'StorageError';
  declare readonly name: 'StorageError';
}

/** A call on a session while another one has it. */
export class SessionBusyError extends FamError {
  protected static override readonly title = 'SessionBusyError';
  declare readonly name: 'SessionBusyError';
}

/** A session or model that was disposed of. */
export class DisposedError extends FamError {
  protected static override readonly title = 'DisposedError';
  declare readonly name: 'DisposedError';
}

/** A worker that ended, with all that lay in it, before it was told to. */
export class WorkerLostError extends FamError {
  protected static override readonly title = 'WorkerLostError';
  declare readonly name: 'WorkerLostError';
}

/** Throws `error` built from `complaint` unless `condition` holds. */
export function require(
  condition: unknown,
  error: new (complaint: Complaint) => FamError,
  complaint: () => Complaint,
): asserts condition {
  if (!condition) throw new error(complaint());
}
