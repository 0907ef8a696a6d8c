/** Play, step, reset. */
import { PlayButton } from '../../components/play-button.tsx';

interface Props {
  ready: boolean;
  plays: boolean;
  onPlay(plays: boolean): void;
  onStep(): void;
  onReset(): void;
}

export function Controls({ ready, plays, onPlay, onStep, onReset }: Props) {
  return (
    <div class="row" role="toolbar" aria-label="Training">
      <PlayButton playing={plays} disabled={!ready} onPlay={onPlay} />
      <button type="button" disabled={!ready} onClick={onStep}>
        Step
      </button>
      <button type="button" onClick={onReset}>
        Reset
      </button>
    </div>
  );
}
