/** What a parity check that fails throws. */
import { FamError } from '@famjs/backends';

/** Backends or schedules that differ by more than the tolerance. */
export class ParityError extends FamError {
  override readonly name = 'ParityError';
}
