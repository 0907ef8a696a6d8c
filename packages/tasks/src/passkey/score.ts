/** Scores of the PassKey test: exact matches and digits, with confidence intervals. */
import { KEY_DIGITS } from './text.ts';

/** A share of n trials with its 95 % Wilson score interval. */
export interface Share {
  hits: number;
  trials: number;
  share: number;
  low: number;
  high: number;
}

export interface PassKeyScore {
  /** Keys that were recalled in full. */
  exact: Share;
  /** Digits that were recalled in their place. */
  digits: Share;
}

const Z = 1.959964;

/** Wilson's interval, which stays within 0 … 1 and does not collapse when every trial succeeds. */
export function shareOf(hits: number, trials: number): Share {
  const share = hits / trials;
  const scale = 1 + Z ** 2 / trials;
  const centre = (share + Z ** 2 / (2 * trials)) / scale;
  const reach = (Z / scale) * Math.sqrt((share * (1 - share)) / trials + Z ** 2 / (4 * trials ** 2));
  return { hits, trials, share, low: Math.max(0, centre - reach), high: Math.min(1, centre + reach) };
}

/** @param recalled what was answered to each key, as digits */
export function scorePassKey(keys: readonly string[], recalled: readonly string[]): PassKeyScore {
  const rightDigits = keys.map((key, i) => [...key].filter((digit, at) => recalled[i]![at] === digit).length);
  return {
    exact: shareOf(keys.filter((key, i) => recalled[i] === key).length, keys.length),
    digits: shareOf(
      rightDigits.reduce((sum, right) => sum + right, 0),
      keys.length * KEY_DIGITS,
    ),
  };
}
