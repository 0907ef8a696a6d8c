/** Errors as the page can show them. */
import { DeviceLostError, FamError, GpuError, WorkerLostError } from '@famjs/backends/errors';
import type { Failure } from './protocol.ts';

export function failureOf(error: unknown): Failure {
  if (error instanceof FamError) {
    const lost = [DeviceLostError, GpuError, WorkerLostError].some((gone) => error instanceof gone);
    return { name: error.name, ...error.complaint, page: error.page, lost };
  }
  if (error instanceof DOMException && error.name === 'QuotaExceededError') {
    return {
      name: error.name,
      wrong: `The browser has no room left for this page (${error.message}).`,
      expected: 'space for the model or the memory that was to be kept.',
      remedy: 'remove a kept model, or free space in the settings of the browser.',
      lost: false,
    };
  }
  // Reads of a GPU that goes away may fail before the platform says that it is lost.
  if (error instanceof DOMException && ['AbortError', 'OperationError'].includes(error.name)) {
    return {
      name: 'DeviceLostError',
      wrong: `The device stopped answering (${error.message}).`,
      expected: 'a device that stays.',
      remedy: 'choose another backend.',
      lost: true,
    };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, wrong: message || name, lost: false };
}
