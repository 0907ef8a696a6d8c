/** What is chosen for a training: the URL says it, and presets teach. */
import { choiceOf, numberOf, route } from '../../state/url.ts';
import { lengths, type TrainChoices, variants } from './events.ts';

/** In hundredths in the URL, so that they are whole numbers. */
const share = (name: string, otherwise: number): number => numberOf(name, 0, 100, otherwise) / 100;

export function choicesOf(): TrainChoices {
  return {
    famLength: numberOf('F', 0, 32, 8),
    blockSize: Number(choiceOf('C', ['64', '128', '32'])),
    memorySegments: numberOf('m', 0, 4, 0),
    variant: choiceOf('variant', variants),
    batch: Number(choiceOf('batch', ['4096', '2048', '1024'])),
    noise: share('noise', 20),
    mix: share('mix', 30),
    hold: share('hold', 30),
    length: choiceOf('length', lengths),
    seed: numberOf('seed', 0, 2 ** 31, 0),
  };
}

export interface Preset {
  name: string;
  params: Readonly<Record<string, string | undefined>>;
  says: string;
}

const none = Object.fromEntries(
  ['F', 'C', 'm', 'variant', 'batch', 'noise', 'mix', 'hold', 'length', 'seed'].map((name) => [
    name,
    undefined,
  ]),
);

export const presets: readonly Preset[] = [
  {
    name: 'Bind a number',
    params: none,
    says: 'FAM learns to take up a number that was told in one block, and to say it in the next: 600 steps. It is not taught to hold it, and forgets within a few blocks.',
  },
  {
    name: 'Hold it for longer',
    params: { ...none, length: 'hold' },
    says: '400 steps more, on texts of up to 12 blocks, with mixing and hold: it forgets much later. To never forget, the shipped model took thousands of steps more.',
  },
  {
    name: 'Without FAM',
    params: { ...none, F: '0' },
    says: 'The same model with no memory: nothing of a closed block is kept, so no training can bring the number back. Digits are left to chance, 10 %.',
  },
  {
    name: 'A window instead',
    params: { ...none, F: '0', m: '1' },
    says: 'No FAM, but the block before the open one stays visible. Two layers see 191 tokens back by that, and whatever is learned, none further: see the test at 256 tokens.',
  },
];

export const isPreset = ({ params }: Preset): boolean =>
  Object.entries(params).every(([name, value]) => route.value.params[name] === value);
