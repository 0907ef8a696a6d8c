/** A peer of `famjs bench model`: transformers.js (`@huggingface/transformers`) on what onnx-export.py has written. See README.md. */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [folder, packages, , clock] = process.argv.slice(2);
const seconds = () => {
  if (clock !== 'cpu') return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const began = seconds();
const { resolve } = createRequire(path.join(packages, 'package.json'));
const { AutoModelForCausalLM, BaseStreamer, env, Tensor } = await import(
  pathToFileURL(resolve('@huggingface/transformers')).href
);
env.allowRemoteModels = false;
env.localModelPath = path.resolve(folder, '..');
const model = await AutoModelForCausalLM.from_pretrained(path.basename(path.resolve(folder)), {
  dtype: 'fp32',
  device: 'cpu',
  session_options: { intraOpNumThreads: availableParallelism() },
});

/** Notes when each token comes: the prompt first, then those that are written. */
class Times extends BaseStreamer {
  at = [];
  put() {
    this.at.push(seconds());
  }
  end() {}
}

async function run(tokens, write) {
  const ids = (values) => new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  const streamer = new Times();
  await model.generate({
    inputs: ids(tokens),
    attention_mask: ids(tokens.map(() => 1)),
    max_new_tokens: write + 1, // The first one is there when all of the prompt have been read.
    do_sample: false,
    eos_token_id: null,
    streamer,
  });
  const [start, first] = streamer.at;
  return {
    read: first - start,
    write: streamer.at.at(-1) - first,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

say({ name: `transformers.js ${env.version}, ONNX Runtime, float32`, loaded: seconds() - began });
for await (const line of createInterface({ input: process.stdin })) {
  const { tokens, write } = JSON.parse(line);
  say(await run(tokens, write));
}
process.exit(0);
