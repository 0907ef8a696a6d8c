/** How the 95 % interval of a share is written. */

/** In percent: 96–100. */
export function interval({ low, high }: { low: number; high: number }): string {
  return `${(low * 100).toFixed(0)}–${(high * 100).toFixed(0)}`;
}
