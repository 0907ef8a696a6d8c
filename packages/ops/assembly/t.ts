export function add1(x: usize, y: usize, n: i32): void {
  for (let i = 0; i < n; i += 4) v128.store(y + (i << 2), f32x4.add(v128.load(x + (i << 2)), f32x4.splat(1)));
}
