/** Goes from block to block: a slider for fingers, mouse and keys, and a button that plays. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

interface Props {
  block: number;
  /** Blocks that have been read so far. */
  read: number;
  total: number;
  onBlock(block: number): void;
}

/** Milliseconds that a block is shown while it plays. */
const BEAT = 700;

export function Scrubber({ block, read, total, onBlock }: Props) {
  const playing = useSignal(false);
  useEffect(() => {
    if (!playing.value) return;
    const timer = setTimeout(() => onBlock((block + 1) % Math.max(1, read)), BEAT);
    return () => clearTimeout(timer);
  }, [playing.value, block]);
  return (
    <section class="panel scrubber" data-tour="scrubber" aria-label="Blocks">
      <button
        type="button"
        class="first"
        disabled={read < 2}
        onClick={() => {
          playing.value = !playing.value;
        }}
      >
        {playing.value ? 'Pause' : 'Play'}
      </button>
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
