/** What it takes to start a backend: one object a backend, whose package is imported only when it is asked for. */
import type { BackendName } from '../names.ts';

export interface Starter {
  /**
   * Imports the backend's package and registers the backend with the engine.
   *
   * @throws Error that says why the backend does not run here
   */
  load(): Promise<unknown>;
  /**
   * The program that plays the part of the GPU for the running backend, if it is one: slower than the processor's own
   * backends, so `auto` passes it by.
   */
  emulatedBy?(): string | undefined;
}

/** The backends of a platform, best first. */
export type Starters = Partial<Record<BackendName, Starter>>;
