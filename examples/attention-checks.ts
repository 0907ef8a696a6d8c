/** The suite that every backend passes, in the runner of your choice. */
import test from 'node:test';
import { setBackend } from '@famjs/backends';
import { attentionChecks } from '@famjs/kernels/testing';

await setBackend('wasm');
for (const { name, run } of attentionChecks({ runs: 10 })) test(name, run);
