/** Writes the checkpoints of fixtures/ as FAM.js writes models, a folder each, into a folder: read_back.py reads them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setBackend } from '../../packages/backends/src/index.ts';
import { ofTransformers, writtenFiles } from '../../packages/zoo/test/checkpoints.ts';

const [folder = '.'] = process.argv.slice(2);
await setBackend('wasm');
for (const name of ofTransformers) {
  const place = path.join(folder, name);
  mkdirSync(place, { recursive: true });
  for (const [file, bytes] of Object.entries(await writtenFiles(name)))
    writeFileSync(path.join(place, file), bytes);
}
