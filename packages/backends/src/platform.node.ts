/** The backends that run in Node, best first. */
import { cpu } from './starters/cpu.ts';
import type { Starters } from './starters/starter.ts';
import { wasm } from './starters/wasm.ts';
import { webgpu } from './starters/webgpu.ts';
import { loadTensorFlow } from './tensorflow.node.ts';

export const starters: Starters = { tensorflow: { load: loadTensorFlow }, webgpu, wasm, cpu };
