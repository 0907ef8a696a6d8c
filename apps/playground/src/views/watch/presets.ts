/** Scenes that teach something about FAM: states of this view, by their parameters. */
import type { Act } from './events.ts';

export interface Scene {
  name: string;
  /** What to look for. */
  look: string;
  params: Readonly<Record<string, string>>;
}

export const scenes: readonly Scene[] = [
  {
    name: 'Remember',
    look: 'The key is told once, at the beginning. The window loses it within a few hundred tokens; FAM keeps it, far beyond the longest text of its training.',
    params: {},
  },
  {
    name: 'Memento',
    look: 'After 4,000 tokens FAM is erased. From then on it knows no key, like the man in Memento: nothing else in the model remembered.',
    params: { scene: 'memento' },
  },
  {
    name: 'Someone else’s memory',
    look: 'After 4,000 tokens each text gets the FAM of the text after it, and answers with that text’s key from then on.',
    params: { scene: 'swap' },
  },
  {
    name: 'Frozen',
    look: 'FAM is held still from the very first block. The key is read as always, but nothing writes it down.',
    params: { scene: 'frozen' },
  },
  {
    name: 'A second key',
    look: 'After 4,000 tokens every text is told another key. Training never told it two. See which of them it holds.',
    params: { scene: 'second' },
  },
  {
    name: 'No rhythm',
    look: 'The sentences of the filler come in random order, so there is no period to lean on.',
    params: { filler: 'shuffled' },
  },
];

export const sceneNames = ['none', 'memento', 'swap', 'frozen', 'second'] as const;

/** What a scene does to FAM by itself. */
export const acts: Readonly<Record<(typeof sceneNames)[number], readonly Act[]>> = {
  none: [],
  memento: [{ deed: 'erase', after: 4000 }],
  swap: [{ deed: 'swap', after: 4000 }],
  frozen: [{ deed: 'freeze', after: 0 }],
  second: [{ deed: 'tell', after: 4000 }],
};
