/** The page around the views: menu, the view of the URL, choice of colours. */
import './app.css';
import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentType } from 'preact';
import { documentation } from './documentation.ts';
import { nextTask } from './state/task.ts';
import { nextTheme, theme } from './state/theme.ts';
import { addressOf, route } from './state/url.ts';
import { Tour, TourButton } from './tour/tour.tsx';
import { type View, views } from './views/views.ts';

const viewOf = (name: string): View => views.find((view) => view.name === name) ?? views[0]!;

export function App() {
  const shown = viewOf(route.value.view);
  return (
    <div class="frame">
      <button type="button" class="skip" onClick={toContent}>
        To the content
      </button>
      <header>
        <a class="brand" href={addressOf('watch')}>
          <img src="./icon.svg" alt="" width="26" height="26" />
          FAM.js playground
        </a>
        <nav aria-label="Views">
          {views.map(({ name, title }) => (
            <a key={name} href={addressOf(name)} aria-current={name === shown.name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <TourButton />
        <button type="button" onClick={nextTheme}>
          <span class="hidden">Colours: </span>
          {{ system: 'Auto', light: 'Light', dark: 'Dark' }[theme.value]}
        </button>
      </header>
      <main id="content" tabIndex={-1}>
        <Shown key={shown.name} view={shown} />
      </main>
      <Tour />
      <footer>
        <p>
          Everything here is computed in this page, on your device. Nothing you type leaves it. After the
          paper “TransformerFAM: Feedback attention is working memory” (arXiv 2404.09173).
        </p>
        <p>
          <a href={documentation} target="_top">
            What FAM is, and how to use it
          </a>
        </p>
      </footer>
    </div>
  );
}

/** A view once its code is there. */
function Shown({ view }: { view: View }) {
  const component = useSignal<ComponentType | undefined>(undefined);
  useSignalEffect(() => {
    document.title = `${view.title} · FAM.js playground`;
    void view.load().then(async (loaded) => {
      await nextTask();
      component.value = loaded;
    });
  });
  const View = component.value;
  return View ? <View /> : <p class="quiet">Loading …</p>;
}

/** Moves the focus by hand: a link to `#content` would change the state in the URL. */
function toContent(): void {
  document.querySelector<HTMLElement>('#content')?.focus();
}
