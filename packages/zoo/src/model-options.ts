/** What `loadModel` and its like are told: where a model's files come from, what is added to it, what it sees of a text. */
import type { FamOptions } from './fam-options.ts';
import type { ModelPlace } from './sources/open-source.ts';
import type { LoadOptions } from './sources/source.ts';

export interface ModelOptions extends LoadOptions, FamOptions {
  /**
   * A memory, by its place or the name of a shipped one, which makes a FAM of its base model: its fam.json, prompt and adapter, in place of a fam.json of the model's own. Its
   * choices are fixed: `fam` may repeat them, not change them, but for `blockSize`.
   */
  memory?: ModelPlace | undefined;
  /** Adapters as PEFT saves them (LoRA), all of which are added to the model. */
  adapters?: readonly ModelPlace[] | undefined;
}
