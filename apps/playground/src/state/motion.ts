/** Whether the visitor asked for less motion: then nothing starts or moves by itself. */
export const prefersStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
