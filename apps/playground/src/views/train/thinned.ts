/** A history of bounded length: every second of its older points goes when there are too many. */

const MOST = 600;

export function thinned<Point>(points: readonly Point[]): Point[] {
  if (points.length <= MOST) return [...points];
  const half = points.length >> 1;
  return points.filter((_, at) => at >= half || at % 2 === 0);
}
