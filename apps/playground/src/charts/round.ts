/** Ends of axes that stay for a while, so that a chart is not drawn anew at every point. */

/** 1, 2 or 5 with zeros, the next above; 1 for what is not above zero. */
export function roundAbove(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((end) => end > value)!;
}
