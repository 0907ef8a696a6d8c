/** The errors of FAM.js: each says what was wrong, what was expected, and what to do. */

export interface Complaint {
  /** What was wrong, with the offending value. */
  wrong: string;
  /** What would have been right. */
  expected: string;
  /** What the reader can do about it. */
  remedy: string;
}

/** Base of every error that FAM.js throws at a public boundary, before anything is changed. */
export class FamError extends Error {
  override readonly name: string = 'FamError';
  readonly complaint: Complaint;

  constructor(complaint: Complaint, options?: ErrorOptions) {
    super(`${complaint.wrong} Expected: ${complaint.expected} To do: ${complaint.remedy}`, options);
    this.complaint = complaint;
  }
}

/** A backend that is unknown, not installed, or does not start here. */
export class BackendUnavailableError extends FamError {
  override readonly name = 'BackendUnavailableError';
}

/** The GPU went away with all that lay on it: it was reset, taken away, or ran out of memory. */
export class DeviceLostError extends FamError {
  override readonly name = 'DeviceLostError';
}

/** Work that the GPU refused: what was computed with it is nothing. */
export class GpuError extends FamError {
  override readonly name = 'GpuError';
}

/** Tensors whose shapes do not fit together. */
export class ShapeError extends FamError {
  override readonly name = 'ShapeError';
}

/** A configuration of a model, a run or a call whose values are wrong or do not fit together. */
export class ConfigError extends FamError {
  override readonly name = 'ConfigError';
}

/** A file of weights, state or training progress that is missing, damaged or does not fit. */
export class CheckpointError extends FamError {
  override readonly name = 'CheckpointError';
}

/** Tokens that the model does not have. */
export class TokenError extends FamError {
  override readonly name = 'TokenError';
}

/** A chat template that fails, goes on too long, or does not go on from what was said before. */
export class ChatTemplateError extends FamError {
  override readonly name = 'ChatTemplateError';
}

/** NaN or infinity where numbers must be finite. */
export class NonFiniteError extends FamError {
  override readonly name = 'NonFiniteError';
}

/** A file or folder that cannot be written. */
export class StorageError extends FamError {
  override readonly name = 'StorageError';
}

/** A call on a session while another one has it. */
export class SessionBusyError extends FamError {
  override readonly name = 'SessionBusyError';
}

/** A session or model that was disposed of. */
export class DisposedError extends FamError {
  override readonly name = 'DisposedError';
}

/** A worker that ended, with all that lay in it, before it was told to. */
export class WorkerLostError extends FamError {
  override readonly name = 'WorkerLostError';
}

/** Throws `error` built from `complaint` unless `condition` holds. */
export function require(
  condition: unknown,
  error: new (complaint: Complaint) => FamError,
  complaint: () => Complaint,
): asserts condition {
  if (!condition) throw new error(complaint());
}
