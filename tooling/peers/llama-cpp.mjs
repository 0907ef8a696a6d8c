/** A peer of `famjs bench model`: llama.cpp, by `node-llama-cpp`, on the weights as the GGUF file has them. See README.md. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [file, packages, , clock] = process.argv.slice(2);
const require = createRequire(path.join(packages, 'package.json'));
const seconds = () => {
  if (clock !== 'cpu') return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const began = seconds();
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(require.resolve('node-llama-cpp')).href);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: file });

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function run(tokens, write) {
  const context = await model.createContext({
    contextSize: tokens.length + write + 8,
    // Its own default is more threads than small machines have, which wait for each other: 3 s a token on two.
    threads: availableParallelism(),
  });
  const sequence = context.getSequence();
  let start = seconds();
  const writing = sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true });
  await writing.next(); // The first token is there when all others have been read.
  const read = seconds() - start;
  start = seconds();
  for (let i = 0; i < write; i++) await writing.next();
  const written = seconds() - start;
  await writing.return();
  await context.dispose();
  return { read, write: written, peakBytes: process.resourceUsage().maxRSS * 1024 };
}

say({
  name: `llama.cpp ${llama.llamaCppRelease.release}, by node-llama-cpp`,
  loaded: seconds() - began,
});
for await (const line of createInterface({ input: process.stdin })) {
  const { tokens, write } = JSON.parse(line);
  say(await run(tokens, write));
}
process.exit(0);
