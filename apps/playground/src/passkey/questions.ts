/** Asking for a key: what a text answers, and how likely each digit is in each place. */

import type { Recurrence } from '@famjs/layer';
import { KEY_DIGITS, type PassKeyText } from '@famjs/tasks';
import type { LiveText } from './live-text.ts';

export interface KeyAnswer {
  /** The most likely token of each place; `·` for one that is no digit. */
  digits: string;
  /** How likely each digit is in each place, [5][10]. What is missing of 1 went to other tokens. */
  probabilities: number[][];
}

export async function askForKeys(
  live: LiveText,
  text: PassKeyText,
  recurrence?: Recurrence,
): Promise<KeyAnswer[]> {
  const digits = digitTokens(text);
  const answers = await live.ask(text.question, KEY_DIGITS, recurrence);
  return answers.map(({ tokens, probabilities }) => ({
    digits: tokens.map((token) => text.digits([token]) || '·').join(''),
    probabilities: probabilities.map((all, place) => digits[place]!.map((token) => all[token]!)),
  }));
}

/** The token of each digit in each place of a key, [5][10]. */
function digitTokens(text: PassKeyText): number[][] {
  const byDigit = Array.from({ length: 10 }, (_, digit) => text.answer(String(digit).repeat(KEY_DIGITS)));
  return Array.from({ length: KEY_DIGITS }, (_, place) => byDigit.map((tokens) => tokens[place]!));
}
