/** Gated linear units: activation(gate) · up. */
import { normalBelow, normalDensity, sigmoid } from './exponential';
import { single, storeSingle, wholeVectors } from './lanes';

/** y of `count` gates and as many values. */
export function gated(gate: usize, up: usize, y: usize, count: i32, kind: i32): void {
  const bytes = (<usize>count) << 2;
  const vectors = wholeVectors(bytes);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    v128.store(y + at, f32x4.mul(activation(v128.load(gate + at), kind), v128.load(up + at)));
  }
  for (; at < bytes; at += 4) {
    storeSingle(y + at, f32x4.mul(activation(single(gate + at), kind), single(up + at)));
  }
}

/** dGate and dUp of dy, `count` numbers each. */
export function gatedGradient(
  dy: usize,
  gates: usize,
  up: usize,
  dGate: usize,
  dUp: usize,
  count: i32,
  kind: i32,
): void {
  const bytes = (<usize>count) << 2;
  const vectors = wholeVectors(bytes);
  let at: usize = 0;
  for (; at < vectors; at += 16) {
    const gate = v128.load(gates + at);
    const d = v128.load(dy + at);
    v128.store(dGate + at, f32x4.mul(f32x4.mul(d, v128.load(up + at)), slope(gate, kind)));
    v128.store(dUp + at, f32x4.mul(d, activation(gate, kind)));
  }
  for (; at < bytes; at += 4) {
    const gate = single(gates + at);
    const d = single(dy + at);
    storeSingle(dGate + at, f32x4.mul(f32x4.mul(d, single(up + at)), slope(gate, kind)));
    storeSingle(dUp + at, f32x4.mul(d, activation(gate, kind)));
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
