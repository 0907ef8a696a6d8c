/** Light or dark: the system's choice, until the visitor makes one, which is kept. */
import { effect, signal } from '@preact/signals';

const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const kept = localStorage.getItem('theme') as Theme | null;

export const theme = signal<Theme>(kept && themes.includes(kept) ? kept : 'system');

/** Counts the changes of colour, for what paints by itself. */
export const repaint = signal(0);

/** Has the page follow the choice; in a page of the same site that shows this one, the colours that are chosen there. */
export function followTheme(): void {
  const host = hostRoot();
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    if (!host) localStorage.setItem('theme', theme.value);
    repaint.value = repaint.peek() + 1;
  });
  if (host) {
    const follow = () => {
      theme.value = host.classList.contains('dark') ? 'dark' : 'light';
    };
    follow();
    new MutationObserver(follow).observe(host, { attributeFilter: ['class'] });
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    repaint.value++;
  });
}

/** The root of the page around this one, where it is of our origin. The documentation's carries the class `dark` when it is. */
function hostRoot(): HTMLElement | undefined {
  try {
    return parent === window ? undefined : parent.document.documentElement;
  } catch {
    return undefined;
  }
}

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
}
