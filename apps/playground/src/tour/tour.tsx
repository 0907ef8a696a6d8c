/** The tour: a card at the foot of the page that points at the live page, step by step, and can be skipped. */
import './tour.css';
import { useEffect } from 'preact/hooks';
import { prefersStill } from '../state/motion.ts';
import { addressOf, numberOf, route, setParams } from '../state/url.ts';
import { steps } from './steps.ts';

/** The step that the URL names, from 1 on; 0 where there is no tour. */
const stepOf = () => numberOf('tour', 0, steps.length, 0);

export function startTour(): void {
  goTo(1);
}

function goTo(number: number): void {
  const step = steps[number - 1];
  if (step && step.view !== (route.value.view || 'watch'))
    location.hash = addressOf(step.view, { tour: String(number) });
  else setParams({ tour: step ? number : undefined });
}

export function Tour() {
  const number = stepOf();
  const step = steps[number - 1];
  useEffect(() => (step ? lit(step.target) : undefined), [number]);
  if (!step) return null;
  return (
    <aside class="tour" aria-label="Tour">
      <p aria-live="polite">{step.text}</p>
      <div class="row">
        <span class="quiet small">
          {number} of {steps.length}
        </span>
        <button type="button" onClick={() => goTo(0)}>
          Skip
        </button>
        <button type="button" disabled={number === 1} onClick={() => goTo(number - 1)}>
          Back
        </button>
        <button type="button" class="first" onClick={() => goTo(number + 1)}>
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
