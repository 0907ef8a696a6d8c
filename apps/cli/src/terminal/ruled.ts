/** Tables without frames, so that ten columns fit into 80 characters. */
const sides = ['', '-mid', '-left', '-right'];
const nowhere = ['top', 'mid', 'bottom'].flatMap((line) => sides.map((side) => `${line}${side}`));

/** The characters of such a table. */
export const ruled: Record<string, string> = Object.fromEntries(
  [...nowhere, 'left-mid', 'mid-mid', 'right-mid', 'left', 'right', 'middle'].map((place) => [place, '']),
);
