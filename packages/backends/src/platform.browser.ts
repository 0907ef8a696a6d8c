/** The backends that run in browsers, best first. */
import { cpu } from './starters/cpu.ts';
import type { Starters } from './starters/starter.ts';
import { wasm } from './starters/wasm.ts';
import { webgl } from './starters/webgl.ts';
import { webgpu } from './starters/webgpu.ts';

export const starters: Starters = { webgpu, webgl, wasm, cpu };
