/** Numbers as people read them. */
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export const count = (value: number): string => whole.format(value);

/** To two digits, for values that change all the time. */
export const rough = (value: number): string => whole.format(Number(value.toPrecision(2)));

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  if (value < 1e6) return `${(value / 1000).toFixed(1)} kB`;
  return `${(value / 1e6).toFixed(1)} MB`;
}

export const percent = (share: number): string => `${Math.round(100 * share)} %`;
