/** A program that writes the table of ops and backends into `docs/backends.md`, or a copy of that page elsewhere, by what registers itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setBackend } from '@famjs/backends';
import { installKernels } from '@famjs/backends/testing';
import * as tf from '@tensorflow/tfjs-core';
import { namesOn } from './names.ts';

const page = join(import.meta.dirname, '../../../docs/backends.md');
const backends = ['cpu', 'wasm', 'tensorflow', 'webgl', 'webgpu'] as const;

// Only kernels of wasm ask for their backend where they are registered; the others do where they are called.
await setBackend('wasm');
for (const backend of backends) await installKernels(backend);
const names = [...new Set(backends.flatMap(namesOn))].sort();
const rows = [
  ['op', ...backends],
  backends.map(() => '---').concat('---'),
  ...names.map((name) => [
    name,
    ...backends.map((backend) => (tf.getKernel(name, backend) ? 'kernel' : '–')),
  ]),
];
const table = rows.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
const [to = page] = process.argv.slice(2);
writeFileSync(
  to,
  readFileSync(page, 'utf8').replace(/(?:^\|.*\|\n)+/m, () => table),
);
// Threads of a backend would keep the process.
process.exit();
