/** One contestant: what it answers, how sure it is of each digit, and what it holds. */
import { bytes, percent } from '../../format.ts';
import type { Asked, Contestant } from './events.ts';
import { Texts } from './texts.tsx';

const about: Record<Contestant, { name: string; text: string }> = {
  fam: { name: 'TransformerFAM', text: 'Sees its block of 64 tokens, and its FAM.' },
  bswa: { name: 'Sliding window', text: 'Sees its block and the two before it. No FAM.' },
};

interface Props {
  contestant: Contestant;
  arrived: boolean;
  asked: Asked | undefined;
  keys: readonly string[];
  /** Other keys that the texts were told later. */
  told: readonly string[];
  held: number | undefined;
}

const PLACES = [0, 1, 2, 3, 4];
/** As wide as a digit, so that numbers of one digit stand where those of three do. */
const FIGURE_SPACE = '\u2007';

export function AnswerCard({ contestant, arrived, asked, keys, told, held }: Props) {
  const { name, text } = about[contestant];
  const answer = asked?.answers[0] ?? '';
  const key = keys[0] ?? '';
  return (
    <section
      class={`panel answer-card ${contestant}`}
      data-tour={contestant}
      aria-labelledby={`${contestant}-name`}
    >
      <header>
        <h2 id={`${contestant}-name`}>{name}</h2>
        <p class="quiet small">{text}</p>
      </header>
      <div class="places" role="img" aria-label={spoken(asked, key)}>
        {PLACES.map((place) => (
          <Place
            key={place}
            digit={answer[place]}
            right={asked !== undefined && answer[place] === key[place]}
            probabilities={asked?.probabilities[place]}
          />
        ))}
      </div>
      <p class="verdict">{arrived ? verdict(asked, keys, told) : 'Loading this model …'}</p>
      <Texts keys={keys} told={told} answers={asked?.answers} />
      <p class="small quiet held">
        Working memory of one text, however long it is: <b>{held === undefined ? '–' : bytes(held)}</b>
      </p>
      <Probabilities asked={asked} name={name} />
    </section>
  );
}

function Place({
  digit,
  right,
  probabilities,
}: {
  digit: string | undefined;
  right: boolean;
  probabilities: readonly number[] | undefined;
}) {
  const best = probabilities ? Math.max(...probabilities) : undefined;
  return (
    <div class={digit === undefined ? 'place' : right ? 'place right' : 'place wrong'}>
      <span class="digit">{digit ?? '–'}</span>
      <span class="sure">{best === undefined ? ' ' : percent(best).padStart(5, FIGURE_SPACE)}</span>
      <span class="bars">
        {Array.from({ length: 10 }, (_, d) => (
          <i key={d} style={{ transform: `scaleY(${probabilities?.[d] ?? 0})` }} />
        ))}
      </span>
    </div>
  );
}

function spoken(asked: Asked | undefined, key: string): string {
  if (!asked) return 'Not asked yet';
  const digits = [...asked.answers[0]!].map(
    (digit, place) => `${digit} with ${percent(Math.max(...asked.probabilities[place]!))}`,
  );
  return `Answer: ${digits.join(', ')}. The key is ${key}.`;
}

function verdict(asked: Asked | undefined, keys: readonly string[], told: readonly string[]): string {
  if (!asked) return 'Not asked yet.';
  if (asked.tokens === 0) return 'Nothing is read yet: it guesses.';
  const answer = asked.answers[0]!;
  if (answer === keys[0]) return 'Right: this is the key.';
  if (answer === told[0]) return 'The other key, which it was told later.';
  const other = keys.indexOf(answer);
  return other > 0 ? `The key of text ${other + 1}.` : 'Wrong: this is no key that was told.';
}

/** The picture's numbers. */
function Probabilities({ asked, name }: { asked: Asked | undefined; name: string }) {
  return (
    <details class="chart-table">
      <summary>Table</summary>
      <table>
        <caption class="hidden">How likely each digit is in each place, by {name}</caption>
        <thead>
          <tr>
            <th scope="col">Digit</th>
            {PLACES.map((place) => (
              <th scope="col" key={place}>
                Place {place + 1}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: 10 }, (_, digit) => (
            <tr key={digit}>
              <th scope="row">{digit}</th>
              {PLACES.map((place) => (
                <td key={place}>{asked ? percent(asked.probabilities[place]![digit]!) : '–'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
