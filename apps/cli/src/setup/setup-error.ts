/** What can go wrong when native TensorFlow is set up. */
import { FamError } from '@famjs/backends/errors';

export class SetupError extends FamError {
  override readonly name = 'SetupError';
  /** This machine lacks something; nothing that is there is broken. */
  readonly missing: boolean;

  constructor(wrong: string, expected: string, remedy: string, missing = false) {
    super({ wrong, expected, remedy });
    this.missing = missing;
  }
}
