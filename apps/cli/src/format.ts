/** Numbers and times as people read them. */

/** 1k, 20k, 1M; numbers that are no round thousands in full. */
export function short(count: number): string {
  if (count >= 1e6 && count % 1e5 === 0) return `${count / 1e6}M`;
  return count >= 1000 && count % 100 === 0 ? `${count / 1000}k` : String(count);
}

/** Three significant digits with a unit: 48.3k. */
export function rough(count: number): string {
  const scales: [number, string][] = [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  const [scale, unit] = scales.find(([least]) => count >= least) ?? [1, ''];
  const value = count / scale;
  return `${value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)}${unit}`;
}

/** Three significant digits of a measure: 6.33 GB. */
export const measured = (count: number, unit: string) => rough(count).replace(/[kMGT]?$/, ` $&${unit}`);

/** A share in percent, with a digit behind the point where it says something or `digits` asks for it. */
export function percent(share: number, digits?: number): string {
  const value = share * 100;
  return value.toFixed(digits ?? (Math.abs(value - Math.round(value)) < 1e-6 ? 0 : 1));
}

/** 98.4 MB, 1.23 GB */
export function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** 0:07, 12:30, 1:02:03 */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** A bar of `width` characters, `share` of it full. */
export function bar(share: number, width = 24): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** 1,234,567 */
export const inFull = (count: number): string => count.toLocaleString('en');

export function plural(count: number, noun: string): string {
  return `${inFull(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The 95 % interval of a share, in percent: 96–100. */
export function interval({ low, high }: { low: number; high: number }): string {
  return `${(low * 100).toFixed(0)}–${(high * 100).toFixed(0)}`;
}
