import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { loadTokenizer } from '@famjs/zoo';
import { passKeyRecipe, passKeyTokenizerJson, evaluatePassKey } from './src/index.ts';
import { train, freshTraining } from '@famjs/trainer';
const [backend, name, steps, seed, from] = process.argv.slice(2);
await setBackend(backend as any);
const tok = loadTokenizer(passKeyTokenizerJson());
const r = passKeyRecipe(name!, tok);
const w = r.initialWeights(Number(seed ?? 0));
const st = freshTraining(w, Object.keys(w), Number(seed ?? 0));
if (from) st.step = Number(from);
const t0 = performance.now(); let toks = 0, acc: number[] = [], ls: number[] = [], ex:number[]=[];
for await (const e of train(r.config, r.task, { ...r.training, steps: Number(steps) }, st)) if (e.type === 'step') {
  toks += e.tokens; acc.push(e.accuracy); ls.push(e.loss); ex.push(e.exact);
  if (e.step % 50 === 0) { const m = (a: number[]) => (a.slice(-50).reduce((x, y) => x + y) / Math.min(50, a.length)).toFixed(3);
   console.log(e.step, 'loss', m(ls), 'acc', m(acc), 'exact', m(ex), 'gn', e.norm.toFixed(2), 'ms/step', (e.seconds * 1000).toFixed(0), 'k tok/s', (toks / (performance.now() - t0)).toFixed(1), tf.memory().numTensors, ((performance.now()-t0)/1000).toFixed(0)+'s'); }
}
if (process.env.EVAL) for await (const e of evaluatePassKey({ config: r.config, weights: st.weights }, tok, { fillers: process.env.EVAL.split(',').map(Number), keys: 100, seed: 1 })) if (e.type === 'scored') console.log(e.filler, e.score.exact.share, e.score.digits.share, ((performance.now()-t0)/1000).toFixed(0)+'s');
