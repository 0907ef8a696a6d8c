/** A check-up of the backends: every kernel against compositions or loops in float64, and a small model. */
import {
  type BackendDescription,
  type BackendName,
  type BackendReport,
  describeBackend,
  setBackend,
} from '@famjs/backends';
import { blockAttentionOp } from '@famjs/kernels';
import { attentionChecks, edges } from '@famjs/kernels/testing';
import * as tf from '@tensorflow/tfjs-core';
import { calls } from './calls.ts';
import { type Exact, exactly, expectOutcome } from './outcomes.ts';
import { expectModel } from './tiny-model.ts';

/** What was found wrong. */
interface Finding {
  /** The kernels that may be to blame, or the model. */
  of: string;
  message: string;
}

export type Examination =
  | {
      name: BackendName;
      started: true;
      description: BackendDescription;
      kernels: readonly string[];
      findings: Finding[];
      seconds: number;
    }
  | { name: BackendName; started: false; reason: string; remedy: string };

/** Examines the backends one after the other, and tells of each as it is done. */
export async function* examine(
  reports: readonly BackendReport[],
): AsyncGenerator<Examination, void, undefined> {
  const exact = await exactly();
  for (const { name, started, reason = 'it does not start' } of reports) {
    if (!started) {
      yield { name, started, reason, remedy: remedies[name] ?? 'reinstall famjs, which brings it along.' };
      continue;
    }
    await setBackend(name);
    const began = performance.now();
    const [kernels, findings] = [kernelsHere(), await findingsOf(checksHere(exact))];
    const seconds = (performance.now() - began) / 1000;
    yield { name, started, description: describeBackend(), kernels, findings, seconds };
  }
}

const remedies: Partial<Record<BackendName, string>> = {
  tensorflow: 'famjs setup tensorflow; without it the others do the same, more slowly.',
  webgpu:
    'a GPU with a driver for Vulkan, Metal or Direct3D 12; without it the others do the same, more slowly.',
};

/** The kernels of ours that the current backend has. */
export const kernelsHere = (): string[] =>
  tf
    .getKernelsForBackend(tf.getBackend())
    .map(({ kernelName }) => kernelName)
    .filter((name) => name.startsWith('famjs/'))
    .sort();

/** A check, and the kernels or the model that it is of. */
interface Check {
  of: readonly string[];
  /** Rejects with what is wrong. */
  run(): Promise<void>;
}

/** What is checked on the current backend, one thing after the other. */
export function checksHere({ outcomes, loss }: Exact): Check[] {
  const attention = [blockAttentionOp.kernelName];
  const known = new Set([...calls.flatMap(({ kernels }) => kernels), ...attention]);
  const little = needsLittle();
  const unknown = kernelsHere().filter((name) => !known.has(name.replace(/Grad$/, '')));
  return [
    ...calls.map((call) => ({ of: call.kernels, run: () => expectOutcome(call, outcomes.get(call)!) })),
    ...attentionChecks()
      .filter(({ name }) => little.has(name))
      .map(({ run }) => ({ of: attention, run })),
    ...unknown.map((name) => ({ of: [name], run: () => Promise.reject(new Error('no call checks it')) })),
    { of: ['the model passkey-fam'], run: () => expectModel(loss) },
  ];
}

/** What is wrong of it. */
export async function findingsOf(checks: readonly Check[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { of, run } of checks) {
    try {
      await run();
    } catch (error) {
      findings.push({ of: of.join(', '), message: (error as Error).message.split('\n')[0]! });
    }
  }
  return findings;
}

/**
 * The checks of attention but those over random structures, for which fast-check would have to be there. A GPU that is a program takes
 * seconds to compile a shader, and there is one more for every 16 columns of a head: it is asked for the narrowest heads alone.
 */
function needsLittle(): Set<string> {
  const widest = describeBackend().emulated ? 16 : Number.POSITIVE_INFINITY;
  const fitting = Object.entries(edges).filter(([, { D, Dv = D }]) => Math.max(D, Dv) <= widest);
  return new Set([...fitting.map(([name]) => `holds for ${name}`), 'what is not a number stays visible']);
}
