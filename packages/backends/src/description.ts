/** What a backend says of itself. */
import type { BackendName } from './names.ts';

export interface BackendDescription {
  name: BackendName;
  /** The library that computes, with its version. */
  version: string;
  /** The device, as its driver names it. */
  device: string;
  driver?: string;
  /** What floats are stored in. */
  precision: 'float32' | 'float16';
  /** Whether a program on the processor plays the part of a GPU. */
  emulated: boolean;
  /** The most that a tensor or a kernel can have, by the platform's names. */
  limits: Record<string, number>;
}
