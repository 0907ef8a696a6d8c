/** The text as it is read: the sentence with the key, the filler that streams by, the question. */
import { count } from '../../format.ts';
import type { Tick, WatchEvent } from './events.ts';

interface Props {
  opened: Extract<WatchEvent, { type: 'opened' }> | undefined;
  tick: Tick | undefined;
}

export function Ribbon({ opened, tick }: Props) {
  const key = opened?.keys[0] ?? '·····';
  return (
    <section class="panel ribbon" aria-label="The text" data-tour="text">
      <p class="told">
        … The pass key is <b>{key}</b>. Remember it. <b>{key}</b> is the pass key.
      </p>
      <p class="stream" aria-hidden="true">
        {/* Another text, not one that moves. */}
        <span key={tick?.tokens}>
          {tick?.words ?? 'The grass is green. The sky is blue. The sun is yellow.'}
        </span>
      </p>
      <p class="asks">
        {opened?.question ?? 'What is the pass key? The pass key is'} <span class="blank">▢▢▢▢▢</span>
      </p>
      <p class="quiet small so-far">
        Tokens between the beginning and the question: <b>{count(tick?.tokens ?? 0)}</b>
      </p>
    </section>
  );
}
