import { setBackend } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import '@famjs/kernels';
import { rotaryTable } from '@famjs/ops';

await setBackend('wasm');
const cases: any = {
  big1: [1, 1, 512, 1, 1, 64, 64, 1, 512, 0],
  s32a: [4, 8, 32, 2, 2, 32, 8, 1, 32, 0],
  s64a: [2, 8, 64, 2, 2, 32, 8, 1, 64, 0],
  big: [1, 2, 512, 8, 8, 64, 64, 1, 512, 0],
  s32: [32, 8, 32, 2, 2, 32, 8, 1, 32, 0],
  s64: [32, 8, 64, 2, 2, 32, 8, 1, 64, 0],
  fam: [32, 1, 8, 2, 2, 32, 8, 0, 32, undefined],
};
for (const name of process.argv.slice(2)) {
  const [B, T, N, H, Hkv, D, F, m, C, off] = cases[name];
  const r = (...s: number[]) => tf.randomNormal(s) as tf.Tensor;
  const scale = 1 / Math.sqrt(D);
  const inputs: any = {
    q: r(B, T, N, H, D),
    k: r(B, T, C, Hkv, D),
    v: r(B, T, C, Hkv, D),
    famK: r(B, T, F, Hkv, D),
    famV: r(B, T, F, Hkv, D),
  };
  let constants: any = {};
  if (m) {
    inputs.memoryK = r(B, m, C, Hkv, D);
    inputs.memoryV = r(B, m, C, Hkv, D);
    const rot = rotaryTable([C], D, 10000);
    constants = { visible: tf.fill([B], m, 'int32'), rotationCos: rot.cos, rotationSin: rot.sin };
  }
  const attrs: any = { causalOffset: off, scale };
  const e = tf.engine();
  const out = e.runKernel('famjs/BlockAttention', { ...inputs, ...constants }, attrs) as any;
  const [value, logSumExp] = out;
  const dy = r(B, T, N, H, D);
  const keys = F + (m ? C : 0) + (off === undefined ? C : C / 2);
  const gf = (B * T * N * H * keys * D * 4) / 1e9;
  const best = (f: () => void, n: number) => {
    let t = 1e9;
    for (let i = 0; i < n; i++) {
      const s = performance.now();
      f();
      t = Math.min(t, performance.now() - s);
    }
    return t;
  };
  const n = name === 'big' ? 20 : 400;
  const tf_ = best(
    () => tf.dispose(e.runKernel('famjs/BlockAttention', { ...inputs, ...constants }, attrs) as any),
    n,
  );
  const tb = best(
    () =>
      tf.dispose(
        e.runKernel(
          'famjs/BlockAttentionGrad',
          { ...inputs, ...constants, value, logSumExp, dy },
          { ...attrs, gradientsOf: Object.keys(inputs) },
        ) as any,
      ),
    n,
  );
  console.log(
    name,
    'fwd',
    tf_.toFixed(3),
    ((gf / tf_) * 1e3).toFixed(1),
    'GF/s  bwd',
    tb.toFixed(3),
    (((2.5 * gf) / tb) * 1e3).toFixed(1),
  );
}
