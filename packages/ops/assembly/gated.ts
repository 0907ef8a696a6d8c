/** Gated linear units: activation(gate) · up, where a row holds the gate and then the up projection. */
import { normalBelow, normalDensity, sigmoid } from './exponential';
import { single, storeSingle, wholeVectors } from './lanes';

/** y [rows, width] of gateUp [rows, 2 · width]. */
export function gated(gateUp: usize, y: usize, rows: i32, width: i32, gelu: bool): void {
  const bytes = (<usize>width) << 2;
  const vectors = wholeVectors(bytes);
  for (let row = 0; row < rows; row++) {
    const up = gateUp + bytes;
    let at: usize = 0;
    for (; at < vectors; at += 16) {
      v128.store(y + at, f32x4.mul(activation(v128.load(gateUp + at), gelu), v128.load(up + at)));
    }
    for (; at < bytes; at += 4) {
      storeSingle(y + at, f32x4.mul(activation(single(gateUp + at), gelu), single(up + at)));
    }
    gateUp += 2 * bytes;
    y += bytes;
  }
}

/** dGateUp [rows, 2 · width] of dy [rows, width]. */
export function gatedGradient(
  dy: usize,
  gateUp: usize,
  dGateUp: usize,
  rows: i32,
  width: i32,
  gelu: bool,
): void {
  const bytes = (<usize>width) << 2;
  const vectors = wholeVectors(bytes);
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (; at < vectors; at += 16) {
      const gate = v128.load(gateUp + at);
      const d = v128.load(dy + at);
      const dValue = f32x4.mul(d, v128.load(gateUp + bytes + at));
      v128.store(dGateUp + at, f32x4.mul(dValue, slope(gate, gelu)));
      v128.store(dGateUp + bytes + at, f32x4.mul(d, activation(gate, gelu)));
    }
    for (; at < bytes; at += 4) {
      const gate = single(gateUp + at);
      const d = single(dy + at);
      const dValue = f32x4.mul(d, single(gateUp + bytes + at));
      storeSingle(dGateUp + at, f32x4.mul(dValue, slope(gate, gelu)));
      storeSingle(dGateUp + bytes + at, f32x4.mul(d, activation(gate, gelu)));
    }
    dy += bytes;
    gateUp += 2 * bytes;
    dGateUp += 2 * bytes;
  }
}

@inline
function activation(gate: v128, gelu: bool): v128 {
  return f32x4.mul(gate, gelu ? normalBelow(gate) : sigmoid(gate));
}

/** The activation's derivative. */
@inline
function slope(gate: v128, gelu: bool): v128 {
  if (gelu) return f32x4.add(normalBelow(gate), f32x4.mul(gate, normalDensity(gate)));
  const share = sigmoid(gate);
  return f32x4.mul(share, f32x4.add(f32x4.splat(1), f32x4.mul(gate, f32x4.sub(f32x4.splat(1), share))));
}
