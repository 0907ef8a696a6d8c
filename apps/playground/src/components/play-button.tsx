/** Goes on or halts: as wide with one word as with the other, so that nothing beside it moves. */
interface Props {
  playing: boolean;
  disabled?: boolean;
  onPlay(playing: boolean): void;
}

export function PlayButton({ playing, disabled = false, onPlay }: Props) {
  return (
    <button type="button" class="first play" disabled={disabled} onClick={() => onPlay(!playing)}>
      {playing ? 'Pause' : 'Play'}
    </button>
  );
}
