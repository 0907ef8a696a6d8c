/** Gated linear units: activation(gate) · up, where a row holds the gate and then the up projection. */
import { normalBelow, normalDensity, sigmoid } from './exponential';
import { single, storeSingle, wholeVectors } from './lanes';

/** y [rows, width] of gateUp [rows, 2 · width]. */
export function gated(gateUp: usize, y: usize, rows: i32, width: i32, kind: i32): void {
  const bytes = (<usize>width) << 2;
  const vectors = wholeVectors(bytes);
  for (let row = 0; row < rows; row++) {
    const up = gateUp + bytes;
    let at: usize = 0;
    for (; at < vectors; at += 16) {
      v128.store(y + at, f32x4.mul(activation(v128.load(gateUp + at), kind), v128.load(up + at)));
    }
    for (; at < bytes; at += 4) {
      storeSingle(y + at, f32x4.mul(activation(single(gateUp + at), kind), single(up + at)));
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
  kind: i32,
): void {
  const bytes = (<usize>width) << 2;
  const vectors = wholeVectors(bytes);
  for (let row = 0; row < rows; row++) {
    let at: usize = 0;
    for (; at < vectors; at += 16) {
      const gate = v128.load(gateUp + at);
      const d = v128.load(dy + at);
      const dValue = f32x4.mul(d, v128.load(gateUp + bytes + at));
      v128.store(dGateUp + at, f32x4.mul(dValue, slope(gate, kind)));
      v128.store(dGateUp + bytes + at, f32x4.mul(d, activation(gate, kind)));
    }
    for (; at < bytes; at += 4) {
      const gate = single(gateUp + at);
      const d = single(dy + at);
      const dValue = f32x4.mul(d, single(gateUp + bytes + at));
      storeSingle(dGateUp + at, f32x4.mul(dValue, slope(gate, kind)));
      storeSingle(dGateUp + bytes + at, f32x4.mul(d, activation(gate, kind)));
    }
    dy += bytes;
    gateUp += 2 * bytes;
    dGateUp += 2 * bytes;
  }
}

/** Kinds of activation. */
const GELU: i32 = 1;
const TANH_GELU: i32 = 2;

@inline
function activation(gate: v128, kind: i32): v128 {
  return f32x4.mul(gate, shareOf(gate, kind));
}

/** What of the gate passes. */
@inline
function shareOf(gate: v128, kind: i32): v128 {
  if (kind == GELU) return normalBelow(gate);
  return sigmoid(kind == TANH_GELU ? f32x4.mul(gate, bent(gate, 0.044715)) : gate);
}

/** 2 √(2/π) · (1 + cubic · gate²) */
@inline
function bent(gate: v128, cubic: f32): v128 {
  const square = f32x4.mul(gate, gate);
  return f32x4.mul(
    f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.splat(cubic), square)),
    f32x4.splat(1.5957691216),
  );
}

/** The activation's derivative. */
@inline
function slope(gate: v128, kind: i32): v128 {
  if (kind == GELU) return f32x4.add(normalBelow(gate), f32x4.mul(gate, normalDensity(gate)));
  const share = shareOf(gate, kind);
  const along = f32x4.mul(gate, f32x4.sub(f32x4.splat(1), share));
  const inner = kind == TANH_GELU ? f32x4.mul(along, bent(gate, 3 * 0.044715)) : along;
  return f32x4.mul(share, f32x4.add(f32x4.splat(1), inner));
}
