/** What the shaders over rows share: a row for each workgroup, its values shared out among the lanes. */

/** Lanes of a workgroup. */
export const lanes = 64;

/** Rows and their width, of a shape. */
export function rowsOf({ shape }: { shape: number[] }): { rows: number; width: number } {
  return { rows: shape.slice(0, -1).reduce((a, b) => a * b, 1), width: shape.at(-1)! };
}
