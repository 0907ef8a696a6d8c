/** famjs cache: which models and datasets of the Hub are kept on this machine, and how to be rid of them. */
import { ConfigError } from '@famjs/backends/errors';
import { Command } from 'commander';
import { megabytes } from '../format.ts';

const help = `
The cache is the one of the Hugging Face Hub's own tools, which find there
what famjs has fetched, and the reverse. HF_HOME or HF_HUB_CACHE move it.

Examples:
  famjs cache
  famjs cache remove HuggingFaceTB/SmolLM2-135M-Instruct
  du -sh "$(famjs cache path)"
`;

export function cacheCommand(): Command {
  return new Command('cache')
    .description('show and remove what was fetched from the Hugging Face Hub')
    .addHelpText('after', help)
    .action(list)
    .addCommand(new Command('list').description('name models and datasets with their sizes').action(list))
    .addCommand(
      new Command('remove')
        .description('remove models and datasets from the disk')
        .argument('<models...>', 'owner/name, datasets/owner/name')
        .action(remove),
    )
    .addCommand(new Command('path').description('print the folder of the cache').action(where));
}

async function list(): Promise<void> {
  const { cachedRepos, hubCacheFolder } = await import('@famjs/zoo/node');
  const repos = await cachedRepos();
  const total = repos.reduce((sum, { bytes }) => sum + bytes, 0);
  const sizes = repos.map(({ bytes }) => megabytes(bytes));
  const width = Math.max(0, ...sizes.map((size) => size.length));
  for (const [i, { repo, unfinished }] of repos.entries()) {
    print(`${sizes[i]!.padStart(width)}  ${repo}${unfinished ? '  (unfinished: famjs pull goes on)' : ''}`);
  }
  process.stderr.write(`${repos.length} kept, ${megabytes(total)} in ${hubCacheFolder()}\n`);
}

async function remove(names: readonly string[]): Promise<void> {
  const { cachedRepos, removeCachedRepo } = await import('@famjs/zoo/node');
  const kept = (await cachedRepos()).map(({ repo }) => repo);
  const strange = names.find((name) => !kept.includes(name));
  if (strange !== undefined) {
    throw new ConfigError({
      wrong: `There is no model or dataset "${strange}" in the cache.`,
      expected: kept.length > 0 ? `some of ${kept.join(', ')}.` : 'what was fetched; there is nothing.',
      remedy: 'famjs cache lists what is there.',
    });
  }
  for (const name of new Set(names)) {
    const { bytes } = (await removeCachedRepo(name))!;
    print(`removed ${name}, ${megabytes(bytes)}`);
  }
}

async function where(): Promise<void> {
  const { hubCacheFolder } = await import('@famjs/zoo/node');
  print(hubCacheFolder());
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
