/** The tour: a card at the foot of the page that points at the live page, step by step, and can be skipped. */
import './tour.css';
import { useEffect, useRef } from 'preact/hooks';
import { prefersStill } from '../state/motion.ts';
import { addressOf, numberOf, route, setParams } from '../state/url.ts';
import { steps } from './steps.ts';

/** The step that the URL names, from 1 on; 0 where there is no tour. */
const stepOf = () => numberOf('tour', 0, steps.length, 0);

function goTo(number: number): void {
  const step = steps[number - 1];
  const { view, params } = route.value;
  if (step && step.view !== (view || 'watch'))
    location.hash = addressOf(step.view, { ...params, tour: String(number) });
  else setParams({ tour: step ? number : undefined });
}

const buttonId = 'tour-button';

export function TourButton() {
  return (
    <button type="button" id={buttonId} onClick={() => goTo(1)}>
      Tour
    </button>
  );
}

/** Ends the tour, and gives the keyboard back to where it was begun. */
function skip(): void {
  goTo(0);
  document.getElementById(buttonId)?.focus({ preventScroll: true });
}

export function Tour() {
  const number = stepOf();
  const step = steps[number - 1];
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!step) return;
    // Who presses Enter goes on; who went back stays there as long as there is a way back.
    const { activeElement } = document;
    if (!card.current?.contains(activeElement) || (activeElement as HTMLButtonElement).disabled)
      card.current?.querySelector<HTMLElement>('.first')?.focus({ preventScroll: true });
    return lit(step.target);
  }, [number]);
  if (!step) return null;
  const pressed = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') skip();
  };
  return (
    <aside class="tour" aria-label="Tour" ref={card} onKeyDown={pressed}>
      <p aria-live="polite">{step.text}</p>
      <div class="row">
        <span class="quiet small">
          {number} of {steps.length}
        </span>
        <button type="button" onClick={skip}>
          Skip
        </button>
        <button type="button" disabled={number === 1} onClick={() => goTo(number - 1)}>
          Back
        </button>
        <button
          type="button"
          class="first"
          onClick={() => (number === steps.length ? skip() : goTo(number + 1))}
        >
          {number === steps.length ? 'Done' : 'Next'}
        </button>
      </div>
    </aside>
  );
}

/** Lights up a part of the page as soon as it is there, until it is called off. */
function lit(target: string): () => void {
  let shown: Element | null = null;
  const look = setInterval(() => {
    shown ??= document.querySelector(`[data-tour="${target}"]`);
    if (!shown) return;
    clearInterval(look);
    shown.classList.add('lit');
    shown.scrollIntoView({ block: 'center', behavior: prefersStill() ? 'auto' : 'smooth' });
  }, 50);
  return () => {
    clearInterval(look);
    shown?.classList.remove('lit');
  };
}
