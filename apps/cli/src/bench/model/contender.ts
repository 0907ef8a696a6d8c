/** Whoever can run a real model: FAM.js in this process, or a peer in a process of its own. */

export interface Contender {
  name: string;
  /** Seconds that loading took. */
  loaded: number;
  /** Reads tokens into an empty memory, then writes on, greedily and without end tokens. */
  run(tokens: readonly number[], write: number): Promise<Run>;
  /** The most memory that its process has held so far, in bytes. */
  peakBytes(): number;
  end(): void;
}

/** Seconds, up to the logits of the last token read, and for the tokens written after it. */
export interface Run {
  read: number;
  write: number;
}
