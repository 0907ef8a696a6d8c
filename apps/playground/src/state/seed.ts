/** Seeds of what is drawn by chance: keys, and the order of filler. */
export const drawSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1;
