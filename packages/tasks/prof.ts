import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { loadTokenizer } from '@famjs/zoo';
import { passKeyRecipe, passKeyTokenizerJson } from './src/index.ts';
import { train, freshTraining } from '@famjs/trainer';
const [backend, name, from] = process.argv.slice(2);
await setBackend(backend as any);
const tok = loadTokenizer(passKeyTokenizerJson());
const r = passKeyRecipe(name!, tok);
const w = r.initialWeights(0);
const st = freshTraining(w, Object.keys(w), 0);
if (from) st.step = Number(from);
const eng: any = tf.engine();
const counts = new Map<string, [number, number]>(); let on = false;
const orig = eng.runKernelFunc.bind(eng);
// wrap kernels
for (const k of tf.getKernelsForBackend(backend!)) { const f = k.kernelFunc; (k as any).kernelFunc = (a: any) => { const t = performance.now(); const o = f(a); const d = performance.now() - t; if (on) { const c = counts.get(k.kernelName) ?? [0, 0]; c[0]++; c[1] += d; counts.set(k.kernelName, c); } return o; }; }
let n = 0; const N = 6; let t0 = 0, c0: any;
for await (const e of train(r.config, r.task, { ...r.training, steps: st.step + N }, st)) if (e.type === 'step') { n++; if (n === 2) { on = true; t0 = performance.now(); c0 = process.cpuUsage(); } }
const c1 = process.cpuUsage(c0);
console.log(backend, 'wall/step', ((performance.now() - t0) / (N - 2)).toFixed(0), 'cpu/step', ((c1.user + c1.system) / 1000 / (N - 2)).toFixed(0));
let tot = 0; for (const [, [, d]] of counts) tot += d;
console.log('kernel ms/step', (tot / (N - 2)).toFixed(0), 'kernels/step', [...counts.values()].reduce((s, [c]) => s + c, 0) / (N - 2));
for (const [k, [c, d]] of [...counts].sort((a, b) => b[1][1] - a[1][1]).slice(0, 16)) console.log(k.padEnd(32), (c / (N - 2)).toFixed(0).padStart(6), (d / (N - 2)).toFixed(1).padStart(8), 'ms', (d / c * 1000).toFixed(0), 'us');
