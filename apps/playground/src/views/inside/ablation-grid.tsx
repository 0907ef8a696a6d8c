/** What is left of each digit when one activation of FAM is taken away: choose one and see what is answered then. */
import { percent } from '../../format.ts';
import type { Ablation } from './events.ts';

interface Props {
  ablation: Ablation | undefined;
  keyDigits: string;
  /** The activation that is taken away, as `layer.index`. */
  chosen: string | undefined;
  onChoose(name: string | undefined): void;
}

export function AblationGrid({ ablation, keyDigits, chosen, onChoose }: Props) {
  if (!ablation) return <p class="quiet waiting">Asking without each activation …</p>;
  const [layer, index] = (chosen ?? '').split('.').map(Number) as [number, number];
  const answer = chosen === undefined ? undefined : ablation.answers[layer]?.[index];
  return (
    <>
      <div class="scrolls-wide">
        <table class="ablation">
          <caption class="hidden">How likely each digit of the key is without one activation of FAM</caption>
          <thead>
            <tr>
              <th scope="col">without</th>
              {[...keyDigits].map((digit, place) => (
                <th scope="col" key={place}>
                  digit {place + 1}: {digit}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Line name="nothing" values={ablation.whole} />
            {ablation.without.flatMap((activations, l) =>
              activations.map((values, f) => {
                const name = `${l}.${f}`;
                return (
                  <Line
                    key={name}
                    name={`layer ${l + 1}, FAM ${f + 1}`}
                    values={values}
                    pressed={name === chosen}
                    onPress={() => onChoose(name === chosen ? undefined : name)}
                  />
                );
              }),
            )}
          </tbody>
        </table>
      </div>
      <p class="answer" role="status">
        {answer === undefined ? (
          'Choose an activation to take it away.'
        ) : (
          <>
            Without FAM {index + 1} of layer {layer + 1} the answer is{' '}
            <Answer answer={answer} of={keyDigits} />
          </>
        )}
      </p>
    </>
  );
}

interface LineProps {
  name: string;
  values: readonly number[];
  pressed?: boolean;
  onPress?: () => void;
}

function Line({ name, values, pressed, onPress }: LineProps) {
  return (
    <tr class={pressed ? 'pressed' : undefined}>
      <th scope="row">
        {onPress ? (
          <button type="button" aria-pressed={pressed} onClick={onPress}>
            {name}
          </button>
        ) : (
          name
        )}
      </th>
      {values.map((value, place) => (
        <td key={place}>
          <i style={{ width: `${100 * value}%` }} />
          <span>{percent(value)}</span>
        </td>
      ))}
    </tr>
  );
}

/** An answer with the digits that are wrong struck out. */
function Answer({ answer, of }: { answer: string; of: string }) {
  return (
    <b class="digits">
      {[...answer].map((digit, place) =>
        digit === of[place] ? <span key={place}>{digit}</span> : <s key={place}>{digit}</s>,
      )}
    </b>
  );
}
