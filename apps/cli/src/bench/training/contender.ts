/** Whoever can train: FAM.js in this process, or a peer in a process of its own that is told the run by files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { adamW, type Batch, type Run, type TrainingState, train } from '@famjs/trainer';
import { configFiles, packTensors } from '@famjs/zoo';
import * as z from 'zod';
import { type Clock, secondsOf } from '../clock.ts';
import { peerProcess } from '../peer-process.ts';

export interface Contender {
  name: string;
  /** Takes the next step on a batch. */
  step(batch: Batch): Promise<Step>;
  end(): void;
}

export interface Step {
  seconds: number;
  loss: number;
  /** The most memory that its process has held so far, in bytes. */
  peakBytes: number;
}

/** @param rate of every step */
export function ours(
  { config, training }: Run,
  state: TrainingState,
  backend: string,
  rate: number,
  clock: Clock,
): Contender {
  return {
    name: `FAM.js on ${backend}`,
    async step(batch) {
      let loss = Number.NaN;
      const task = { about: {}, batch: () => batch };
      const one = { ...training, disturbance: {}, randomStatePassing: 0, rate, steps: state.step + 1 };
      const seconds = await secondsOf(async () => {
        for await (const event of train({ config, task, training: one }, state)) {
          if (event.type === 'step') loss = event.loss;
        }
      }, clock);
      return { seconds, loss, peakBytes: process.resourceUsage().maxRSS * 1024 };
    },
    end: () => {},
  };
}

const seconds = z.number().min(0);
const greeting = z.object({ name: z.string() });
const answer = z.object({ seconds, loss: z.number(), peakBytes: z.number().min(0) });

/**
 * Starts a peer on the very weights of a state: `weights.safetensors` and `run.json` in a folder that is its last argument.
 *
 * @param rate of every step
 * @throws BackendUnavailableError when the program ends, or says something else
 */
export async function peer(
  command: string,
  { config, training }: Run,
  state: TrainingState,
  rate: number,
  clock: Clock,
): Promise<Contender> {
  const folder = await mkdtemp(path.join(tmpdir(), 'famjs-bench-'));
  const run = {
    ...configFiles(config),
    adapters: config.adapters ?? {},
    trained: state.trainable,
    optimizer: (training.optimizer ?? adamW()).about,
    rate,
  };
  await writeFile(path.join(folder, 'run.json'), JSON.stringify(run));
  await writeFile(path.join(folder, 'weights.safetensors'), await packTensors(state.weights));
  const { heard, asked, end } = peerProcess(`${command} ${folder}`, clock);
  try {
    const { name } = await heard(greeting);
    return {
      name,
      step({ rows, blockSize = config.fam.blockSize, tokens, targets: { places, labels, weights } }) {
        const lists = { tokens, places, labels, weights };
        return asked(
          {
            rows,
            blockSize,
            ...Object.fromEntries(Object.entries(lists).map(([key, list]) => [key, Array.from(list)])),
          },
          answer,
        );
      },
      end,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
