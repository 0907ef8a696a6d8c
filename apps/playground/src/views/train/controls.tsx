/** Play, step, reset. */
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
      <button type="button" class="first" disabled={!ready} onClick={() => onPlay(!plays)}>
        {plays ? 'Pause' : 'Play'}
      </button>
      <button type="button" disabled={!ready} onClick={onStep}>
        Step
      </button>
      <button type="button" onClick={onReset}>
        Reset
      </button>
    </div>
  );
}
