/** Real models, tokenizers and texts for tests: where they lie when `pnpm real` has fetched them, and suites that need them. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'vitest';

const cache =
  process.env.FAMJS_CACHE || path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'famjs');

/** Outside the repository, and shared by all checkouts of a user. */
export const realFolder = path.join(cache, 'real');

export const realTokenizers = ['llama2', 'llama3', 'qwen3', 'gemma3'] as const;
export type RealTokenizer = (typeof realTokenizers)[number];

export const realTexts = [
  'emma',
  'mansfield-park',
  'northanger-abbey',
  'persuasion',
  'pride-and-prejudice',
  'sense-and-sensibility',
  'moby-dick',
  'declarations',
] as const;
export type RealText = (typeof realTexts)[number];

/** A file or folder that a test needs: its path, or why it is not there. */
export type Found = { path: string; reason?: undefined } | { path?: undefined; reason: string };

/** SmolLM2-135M-Instruct (Apache-2.0) as a GGUF file, 98 MB: 4 bits a weight, its tokenizer and chat template in it. */
export const realModel = (): Found => found('models/SmolLM2-135M-Instruct.Q4_1.gguf');

/** The folder of a tokenizer.json and tokenizer_config.json of that model. */
export const realTokenizer = (name: RealTokenizer): Found => found(`tokenizers/${name}`);

/** A novel in UTF-8, or `declarations`: a paragraph a line, in 500 languages and all the scripts that they are written in. */
export const realText = (name: RealText): Found => found(`texts/${name}.txt`);

/** Declares a suite that gets the paths of what it needs, or says what of it is missing. */
export function describeReal<Name extends string>(
  title: string,
  needs: Readonly<Record<Name, Found>>,
  suite: (paths: Record<Name, string>) => void,
): void {
  const entries = Object.entries<Found>(needs);
  const reasons = entries.flatMap(([, { reason }]) => reason ?? []);
  describe(title, () => {
    if (reasons.length > 0) test.skip(`skipped: ${reasons.join(', ')}`, () => {});
    else suite(Object.fromEntries(entries.map(([name, { path }]) => [name, path])) as Record<Name, string>);
  });
}

function found(name: string): Found {
  const place = path.join(realFolder, name);
  return existsSync(place)
    ? { path: place }
    : { reason: `no ${name}, which \`pnpm real\` fetches or tells why not` };
}
