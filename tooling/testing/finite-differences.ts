/** Gradients by central differences in float64, for functions written independently of the tensor engine. */

export type Values64 = Record<string, Float64Array>;

/**
 * Gradient of Σ upstream · f(inputs) with respect to every value of `inputs[name]`.
 *
 * @param f the function in float64
 * @param upstream gradient of the output, as long as f's result
 */
export function differencesOf(
  f: (inputs: Values64) => Float64Array,
  inputs: Values64,
  name: string,
  upstream: ArrayLike<number>,
  step = 1e-5,
): Float64Array {
  const weighted = (values: Float64Array) =>
    f({ ...inputs, [name]: values }).reduce((sum, value, i) => sum + value * upstream[i]!, 0);
  const base = inputs[name]!;
  return base.map((value, i) => {
    const h = step * Math.max(1, Math.abs(value));
    const shifted = (by: number) => weighted(base.with(i, value + by));
    return (shifted(h) - shifted(-h)) / (2 * h);
  });
}
