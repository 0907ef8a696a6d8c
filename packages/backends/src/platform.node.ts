/** The backends that run in Node, best first. */
import { cpu } from './starters/cpu.ts';
import type { Starters } from './starters/starter.ts';
import { tensorflow } from './starters/tensorflow.ts';
import { wasm } from './starters/wasm.ts';
import { webgpu } from './starters/webgpu.ts';

export const starters: Starters = { tensorflow, webgpu, wasm, cpu };
