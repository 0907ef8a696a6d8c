/** What a visitor can do while the texts are read. */
import { useSignal } from '@preact/signals';
import { PlayButton } from '../../components/play-button.tsx';
import type { WatchCommand } from './events.ts';

interface Props {
  playing: boolean;
  frozen: boolean;
  onPlay(playing: boolean): void;
  tell(command: WatchCommand): void;
  ready: boolean;
}

export function Controls({ playing, frozen, onPlay, tell, ready }: Props) {
  const act = (type: WatchCommand['type']) => () => tell({ type });
  return (
    <div class="controls">
      <fieldset class="row" aria-label="Reading">
        <PlayButton playing={playing} onPlay={onPlay} />
        <button type="button" onClick={act('ask')} disabled={!ready}>
          Ask now
        </button>
      </fieldset>
      <fieldset class="row" aria-label="FAM" data-tour="deeds">
        <button type="button" onClick={act('erase')} disabled={!ready}>
          Erase FAM
        </button>
        <button
          type="button"
          onClick={act(frozen ? 'thaw' : 'freeze')}
          disabled={!ready}
          aria-pressed={frozen}
        >
          Freeze FAM
        </button>
        <button type="button" onClick={act('swap')} disabled={!ready}>
          Swap FAM
        </button>
        <button type="button" onClick={act('tell')} disabled={!ready}>
          Tell another key
        </button>
      </fieldset>
    </div>
  );
}

interface KeyProps {
  value: string;
  onKey(key: string | undefined): void;
}

/** The key of the first text: typed, or drawn. */
export function KeyField({ value, onKey }: KeyProps) {
  const typed = useSignal<string | undefined>(undefined);
  const submit = (event: Event) => {
    event.preventDefault();
    if (typed.value !== undefined && /^\d{5}$/.test(typed.value)) onKey(typed.value);
    typed.value = undefined;
  };
  return (
    <form class="row key-field" onSubmit={submit}>
      <label for="key">Key</label>
      <input
        id="key"
        inputMode="numeric"
        autocomplete="off"
        maxLength={5}
        pattern="\d{5}"
        size={5}
        title="Five digits"
        aria-describedby="key-note"
        value={typed.value ?? value}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
        }}
      />
      <button type="submit">Tell this key</button>
      <button type="button" onClick={() => onKey(undefined)}>
        Draw another
      </button>
      <p id="key-note" class="small quiet">
        One key in ten was kept out of training. Of others the nearest such key is taken.
      </p>
    </form>
  );
}
