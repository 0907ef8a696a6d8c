/** famjs parity: do all backends and schedules compute the same? */
import type { BackendName } from '@famjs/backends';
import { ConfigError, require } from '@famjs/backends/errors';
import type { Schedule } from '@famjs/layer';
import { Command, Option } from 'commander';
import { addLoadOptions, type LoadOptionValues, loadChoicesOf, modelHelp } from '../model-options.ts';
import { schedules } from '../names.ts';
import { positiveNumber, someOf } from '../options.ts';

interface Options extends LoadOptionValues {
  tokens?: string;
  variants?: boolean;
  backends?: string[];
  schedules: Schedule[];
  tolerance: number;
  dump?: string;
}

const help = `${modelHelp}
Schedules:
  step   one token a call, as when text is generated
  block  one block a call
  scan   all whole blocks at once, as when long text is read

What the numbers mean:
  The largest difference of any logit, and of any number in the final FAM of any
  layer, from those of the first row: as it is, and relative to the largest
  magnitude in the first row. Rounding makes about 1e-6.

Variants:
  --variants compares small random models of every variant of the paper and its
  rivals. A cell is the largest relative difference of that backend, by any
  schedule, from the first backend and schedule.

Tokens:
  JSON of token ids: [5, 17, 3] for one text, [[5, 17, 3], [8, 2, 9]] for texts
  side by side.

Dump:
  A safetensors file of logits.<backend>.<schedule>, [B, S, V], and
  fam.<layer>.<backend>.<schedule>, [B, F, d], in float32.

Examples:
  famjs parity my-model --tokens tokens.json
  famjs parity my-model --tokens tokens.json --backends cpu,wasm \\
    --schedules step,scan --dump out.safetensors
  famjs parity --variants                      every variant, on every backend
`;

export function parityCommand(): Command {
  const command = new Command('parity')
    .description('compare backends and schedules on the same tokens; exit status 1 when they differ')
    .argument('[model]', 'folder, URL or name of the model')
    .option('--tokens <file>', 'JSON file of the tokens to read')
    .option('--variants', 'small random models of every variant, instead of a model')
    .option('--backends <names>', 'which backends, the reference first (default: all that start here)', names)
    .addOption(
      new Option('--schedules <names>', 'which schedules, the reference first')
        .argParser(someOf('--schedules', schedules))
        .default([...schedules], schedules.join(',')),
    )
    .option('--tolerance <x>', 'largest relative difference allowed', positiveNumber('--tolerance'), 1e-4)
    .option('--dump <file>', 'write the logits and final FAMs of every run')
    .addHelpText('after', help)
    .action(parity);
  return addLoadOptions(command);
}

async function parity(
  place: string | undefined,
  { backends: wanted, schedules, tolerance, dump, tokens, variants, ...options }: Options,
): Promise<void> {
  const choices = loadChoicesOf(options);
  const ofModel = place || tokens || dump || Object.values(choices).some((choice) => choice !== undefined);
  require(variants ? !ofModel : place && tokens, ConfigError, () => ({
    wrong: variants
      ? '--variants was given with a model, or what is for one: --tokens, --dump, how it is loaded.'
      : `famjs parity was given no ${place ? '--tokens' : 'model'}.`,
    expected: 'a model and --tokens, or --variants alone.',
    remedy: 'correct the command; famjs parity --help has examples.',
  }));
  const backends = wanted ? await allStarted(wanted) : await allThatStart();
  if (variants) {
    const { runVariants } = await import('../parity/variants.ts');
    await runVariants({ backends, schedules, tolerance });
  } else {
    const { runParity } = await import('../parity/run.ts');
    await runParity({ place: place!, choices, tokens: tokens!, backends, schedules, tolerance, dump });
  }
}

const names = (text: string) => text.split(',').map((name) => name.trim());

/** @throws BackendUnavailableError, before anything is computed, when one does not start */
async function allStarted(wanted: readonly string[]): Promise<BackendName[]> {
  const { startBackend } = await import('../start-backend.ts');
  const started: BackendName[] = [];
  for (const name of wanted) started.push(await startBackend(name));
  return [...new Set(started)];
}

async function allThatStart(): Promise<BackendName[]> {
  const { listBackends } = await import('@famjs/backends');
  return (await listBackends()).filter(({ started }) => started).map(({ name }) => name);
}
