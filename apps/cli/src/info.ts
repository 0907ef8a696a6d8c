/** What runs on this machine, and which models and memories come with it. */
import { type BackendDescription, listBackends } from '@famjs/backends';
import { passKeyModels } from '@famjs/tasks';
import { costsOf, loadModel, shippedMemories } from '@famjs/zoo';
import { describeMemory } from '@famjs/zoo/node';
import pc from 'picocolors';
import { measured, plural } from './format.ts';
import { titleOf } from './passkey/contestant.ts';
import { shippedName, trainedModelFolder } from './passkey/model-folder.ts';
import { describeMachine } from './report/machine.ts';
import { famjsVersion } from './versions.ts';

/** Prints it all to the standard output. */
export async function info(): Promise<void> {
  const { processor, cores, memoryGiB, system, node } = describeMachine();
  print(`${pc.bold('famjs')} ${famjsVersion} · Node ${node}`);
  print(pc.dim(`${processor} · ${plural(cores, 'core')} · ${memoryGiB} GiB · ${system}`));

  print(pc.bold('\nBackends'));
  for (const { name, description, reason } of await listBackends()) {
    print(
      description
        ? ` ${pc.green('✓')} ${name.padEnd(12)}${pc.dim(inWords(description))}`
        : ` ${pc.red('✗')} ${name.padEnd(12)}${pc.dim(reason ?? 'does not start')}`,
    );
  }

  print(pc.bold('\nShipped models'));
  for (const name of passKeyModels) {
    const model = await loadModel(trainedModelFolder(name));
    const { config } = model;
    const { fam, family, layers, width, vocabularySize } = config;
    print(
      ` ${shippedName(name).padEnd(15)}${titleOf(config)}, ${plural(costsOf(config).parameters, 'weight')}`,
    );
    print(
      pc.dim(
        `${' '.repeat(16)}${plural(layers, 'layer')} of width ${width}, ${plural(family.heads, 'head')}, blocks of ` +
          `${plural(fam.blockSize, 'token')}, ${plural(vocabularySize, 'word')}${fam.famLength > 0 ? `, variant ${fam.variant.preset}` : ''}`,
      ),
    );
    model.dispose();
  }

  print(pc.bold('\nShipped memories'));
  for (const name of shippedMemories) {
    const { base, weights, bytes } = await describeMemory(name);
    print(` ${name.padEnd(15)}of ${base.name}, ${plural(weights, 'weight')}, ${measured(bytes, 'B')}`);
  }
}

function inWords({ version, device, driver, precision, emulated }: BackendDescription): string {
  const parts = [version, device, driver, precision, emulated && 'emulated, so never taken by auto'];
  return parts.filter(Boolean).join(' · ');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
