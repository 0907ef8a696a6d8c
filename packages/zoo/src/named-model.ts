/** A model with what it is called and known by, and how its text becomes tokens: what sessions need of it. */
import type { HeldModel } from './model.ts';
import type { Tokenizer } from './tokenizers/tokenizer.ts';

export interface NamedModel extends HeldModel {
  /** What messages call it: the folder or file it came from. */
  readonly name: string;
  readonly tokenizer: Tokenizer | undefined;
  /** SHA-256 of the configuration and of samples of every weight: equal on every backend and in every dtype. */
  fingerprint(): Promise<string>;
}
