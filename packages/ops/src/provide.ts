/** Announces the kernels of this package, backend by backend. */
import { provideKernels } from '@famjs/backends';

provideKernels('cpu', () => import('./cpu/install.ts'));
provideKernels('wasm', () => import('./wasm/install.ts'));
provideKernels('tensorflow', () => import('./tensorflow/install.ts'));
provideKernels('webgl', () => import('./webgl/install.ts'));
provideKernels('webgpu', () => import('./webgpu/install.ts'));
