/** Goes from block to block: a slider for fingers, mouse and keys, and a button that plays. */
import { useEffect, useRef } from 'preact/hooks';
import { PlayButton } from '../../components/play-button.tsx';

interface Props {
  block: number;
  /** Blocks that have been read so far. */
  read: number;
  total: number;
  playing: boolean;
  onBlock(block: number): void;
  onPlay(playing: boolean): void;
}

/** Milliseconds that a block is shown while it plays. */
const BEAT = 700;

export function Scrubber({ block, read, total, playing, onBlock, onPlay }: Props) {
  const plays = playing && read > 1;
  const next = useRef(0);
  next.current = (block + 1) % Math.max(1, read);
  useEffect(() => {
    if (!plays) return;
    const timer = setTimeout(() => onBlock(next.current), BEAT);
    return () => clearTimeout(timer);
  }, [plays, block]);
  return (
    <section class="panel scrubber" data-tour="scrubber" aria-label="Blocks">
      <PlayButton playing={playing} disabled={read < 2} onPlay={onPlay} />
      <label for="block">
        Block {block + 1} of {total}
      </label>
      <input
        id="block"
        type="range"
        min="1"
        max={Math.max(1, read)}
        value={block + 1}
        onInput={(event) => onBlock(Number(event.currentTarget.value) - 1)}
      />
      <span class="quiet small">{read < total ? `${read} read` : ''}</span>
    </section>
  );
}
