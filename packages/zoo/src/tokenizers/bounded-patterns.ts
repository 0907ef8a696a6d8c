/**
 * Which regular expressions of a tokenizer.json may run: those whose time grows with the square of a text's length at worst.
 * JavaScript's engine goes back over every choice that a pattern leaves, so the choices are counted before it is compiled.
 */
import { require, TokenError } from '@famjs/backends';

/** What a pattern is made of, as far as it matters here: what can be chosen, and what can fail after it. */
type Part =
  | { kind: 'character' | 'place' }
  | { kind: 'look'; body: Part }
  | { kind: 'repeat'; body: Part; least: number; most: number }
  | { kind: 'sequence' | 'choice'; parts: Part[] };

/** How a pattern matches at one place of a text. */
interface Cost {
  /** Ways to try. */
  ways: number;
  /** Of repetitions without a limit that may be tried at fewer times, as many as stand one after another. */
  open: number;
}

/** Characters, groups in groups, and ways to try of a pattern; those of real tokenizers have up to 500, 3 and 60. */
const limits = { characters: 5000, depth: 32, ways: 100 };
/** Repetitions from which on a limit is none. */
const many = 64;

/**
 * Looks at every pattern in a part of tokenizer.json.
 *
 * @throws TokenError when one of them could take more than a time that grows with the square of the text's length
 */
export function requireBounded(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  for (const [name, value] of Object.entries(part)) {
    if (name === 'Regex' && typeof value === 'string') requireBoundedPattern(value);
    else requireBounded(value);
  }
}

function requireBoundedPattern(pattern: string): void {
  const part = pattern.length > limits.characters ? undefined : partsOf(pattern);
  const cost = part && costOf(part, false);
  require(cost && cost.ways <= limits.ways && cost.open < 2, TokenError, () => ({
    wrong: `The pattern ${JSON.stringify(pattern.slice(0, 200))} of tokenizer.json may take a time without bound.`,
    expected:
      'a regular expression that repeats characters rather than groups with choices, and that leaves ' +
      `at most one repetition and ${limits.ways} ways to try again when what follows fails.`,
    remedy:
      'fetch the files of the model from where you trust them, or load it with { tokenizer: false } and pass tokens.',
  }));
}

const canFail = (part: Part): boolean => {
  if (part.kind === 'sequence') return part.parts.some(canFail);
  if (part.kind === 'choice') return part.parts.every(canFail);
  return part.kind !== 'repeat' || (part.least > 0 && canFail(part.body));
};

const takesText = (part: Part): boolean => {
  if (part.kind === 'sequence') return part.parts.some(takesText);
  if (part.kind === 'choice') return part.parts.every(takesText);
  return part.kind === 'character' || (part.kind === 'repeat' && part.least > 0 && takesText(part.body));
};

/** @param again whether what follows may fail, so that the part is asked for another way */
function costOf(part: Part, again: boolean): Cost {
  if (part.kind === 'look') return costOf(part.body, true);
  if (part.kind === 'sequence') {
    let [cost, follows]: [Cost, boolean] = [{ ways: 1, open: 0 }, again];
    for (const inner of part.parts.toReversed()) {
      const { ways, open } = costOf(inner, follows);
      cost = { ways: cost.ways * ways, open: cost.open + open };
      follows ||= canFail(inner);
    }
    return cost;
  }
  if (part.kind === 'choice') {
    const costs = part.parts.map((inner) => costOf(inner, again));
    return {
      ways: costs.reduce((sum, { ways }) => sum + ways, 0),
      open: Math.max(...costs.map(({ open }) => open)),
    };
  }
  if (part.kind === 'repeat') return costOfRepeat(part, again);
  return { ways: 1, open: 0 };
}

function costOfRepeat({ body, least, most }: Part & { kind: 'repeat' }, again: boolean): Cost {
  if (most <= 1) {
    const { ways, open } = costOf(body, again);
    return { ways: again ? ways + 1 : ways, open };
  }
  const once = costOf(body, true);
  if (once.ways > 1 || once.open > 0 || !takesText(body)) return { ways: Infinity, open: Infinity };
  if (most > many) return { ways: 1, open: again || least > many ? 1 : 0 };
  return { ways: again ? most - least + 1 : 1, open: 0 };
}

const escaped =
  /\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[dDsSwWhHnrtfvae]|[^A-Za-z0-9])/uy;
const place = /\\[AzZbB]|[$^]/uy;
const group = /\((?:\?(?:i?:|<?[=!]|<[A-Za-z_]\w*>))?/uy;
const times = /(?:[*+?]|\{(\d*)(,?)(\d*)\})/uy;

/** The parts of a pattern as `@huggingface/tokenizers` reads it, or undefined when it holds what is not known here. */
function partsOf(pattern: string): Part | undefined {
  let at = 0;
  const read = (what: RegExp): RegExpExecArray | undefined => {
    what.lastIndex = at;
    const found = what.exec(pattern) ?? undefined;
    at += found?.[0].length ?? 0;
    return found;
  };

  /** Passes over a set of characters, sets within it too. */
  const readSet = (depth: number): boolean => {
    at += pattern[at + 1] === '^' ? 2 : 1;
    if (pattern[at] === ']') at++;
    for (; at < pattern.length; at++) {
      if (pattern[at] === ']') return Boolean(++at);
      if (pattern[at] === '\\') at++;
      else if (pattern[at] === '[') {
        if (depth === limits.depth || !readSet(depth + 1)) return false;
        at--;
      }
    }
    return false;
  };

  const readOne = (depth: number): Part | undefined => {
    if (read(place)) return { kind: 'place' };
    if (read(escaped)) return { kind: 'character' };
    if (pattern[at] === '[') return readSet(0) ? { kind: 'character' } : undefined;
    const opened = read(group)?.[0];
    if (opened !== undefined) {
      const body = depth < limits.depth ? readChoice(depth + 1) : undefined;
      if (!body || pattern[at++] !== ')') return undefined;
      return /[=!]/.test(opened) ? { kind: 'look', body } : body;
    }
    return read(/[^\\()[\]{}|*+?]/uy) && { kind: 'character' };
  };

  const readRepeated = (depth: number): Part | undefined => {
    const body = readOne(depth);
    const found = body && read(times);
    if (!found) return body;
    const [sign, first, comma, last] = found;
    if (first === undefined) read(/[?+]/uy);
    else if ((!first && !last) || !read(/\??(?![+*])/uy)) return undefined;
    if (/[*+?{]/.test(pattern[at] ?? '') || body.kind === 'place' || body.kind === 'look') return undefined;
    const least = first === undefined ? Number(sign === '+') : Number(first);
    const open = first === undefined ? sign !== '?' : comma && !last;
    const most = open ? Infinity : first === undefined ? 1 : Number(last || first);
    return { kind: 'repeat', body, least, most };
  };

  const readChoice = (depth: number): Part | undefined => {
    const parts: Part[] = [];
    do {
      const sequence: Part[] = [];
      while (at < pattern.length && !'|)'.includes(pattern[at]!)) {
        const part = readRepeated(depth);
        if (!part) return undefined;
        sequence.push(part);
      }
      parts.push({ kind: 'sequence', parts: sequence });
    } while (read(/\|/uy));
    return parts.length === 1 ? parts[0] : { kind: 'choice', parts };
  };

  const whole = readChoice(0);
  return at === pattern.length ? whole : undefined;
}
