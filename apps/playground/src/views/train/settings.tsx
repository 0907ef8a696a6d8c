/** What can be chosen. A change begins another training. */
import { useId } from 'preact/hooks';
import { Part } from '../../components/term.tsx';
import { pageBackends } from '../../engine/engine.ts';
import { choiceOf, setParams } from '../../state/url.ts';
import { choicesOf, isPreset, presets } from './choices.ts';
import { lengths, variants } from './events.ts';
import { stepsOf } from './stages.ts';

export function Settings() {
  const { famLength, blockSize, memorySegments, variant, batch, noise, mix, hold, length, seed } =
    choicesOf();
  const preset = presets.find(isPreset);
  return (
    <section class="panel settings" aria-labelledby="settings-name">
      <h2 id="settings-name">What is trained</h2>
      <div class="row">
        {presets.map((each) => (
          <button
            key={each.name}
            type="button"
            aria-pressed={each === preset}
            onClick={() => setParams({ ...each.params, plays: undefined })}
          >
            {each.name}
          </button>
        ))}
      </div>
      <p class="says">{preset?.says ?? 'Your own choice. A change begins another training.'}</p>
      <Part of="choices">
        <div class="fields">
          <Choice
            name="length"
            label="How long"
            value={length}
            options={lengths.map((name) => [name, `${name}, ${stepsOf(name)} steps`])}
          />
          <Choice name="variant" label="Variant" value={variant} options={asCalled(variants)} />
          <Whole name="F" label="F: FAM’s activations a layer" value={famLength} most={32} />
          <Choice
            name="C"
            label="C: tokens of a block"
            value={String(blockSize)}
            options={asCalled(['32', '64', '128'])}
          />
          <Whole name="m" label="m: memory segments" value={memorySegments} most={4} />
          <Choice
            name="batch"
            label="Batch: tokens of a step"
            value={String(batch)}
            options={asCalled(['1024', '2048', '4096'])}
          />
          <Hundredths name="noise" label="noise: random pushes of FAM" value={noise} />
          <Hundredths name="mix" label="mix: pushes towards another memory" value={mix} />
          <Hundredths name="hold" label="hold: it must come back" value={hold} />
          <Whole name="seed" label="Seed" value={seed} most={2 ** 31} />
          <Choice
            name="backend"
            label="Backend"
            value={choiceOf('backend', pageBackends)}
            options={asCalled(pageBackends)}
          />
        </div>
      </Part>
    </section>
  );
}

const choose = (name: string, value: string | number) => setParams({ [name]: value, plays: undefined });

interface ChoiceProps {
  name: string;
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
}

function Choice({ name, label, value, options }: ChoiceProps) {
  const id = useId();
  return (
    <div>
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => choose(name, event.currentTarget.value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

interface NumberProps {
  name: string;
  label: string;
  value: number;
}

function Whole({ name, label, value, most }: NumberProps & { most: number }) {
  const id = useId();
  const given = (event: Event) => choose(name, (event.currentTarget as HTMLInputElement).value);
  return (
    <div>
      <label for={id}>{label}</label>
      <input id={id} type="number" min={0} max={most} value={value} onChange={given} />
    </div>
  );
}

function Hundredths({ name, label, value }: NumberProps) {
  const id = useId();
  const given = (event: Event) =>
    choose(name, Math.round(100 * Number((event.currentTarget as HTMLInputElement).value)));
  return (
    <div>
      <label for={id}>
        {label} <output for={id}>{value.toFixed(2)}</output>
      </label>
      <input id={id} type="range" min={0} max={1} step={0.05} value={value} onChange={given} />
    </div>
  );
}

/** Options that are shown by their own names. */
const asCalled = (names: readonly string[]) => names.map((name): [string, string] => [name, name]);
