/** Light or dark: the system's choice, until the visitor makes one, which is kept. */
import { effect, signal } from '@preact/signals';

const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const kept = localStorage.getItem('theme') as Theme | null;

export const theme = signal<Theme>(kept && themes.includes(kept) ? kept : 'system');

/** Counts the changes of colour, for what paints by itself. */
export const repaint = signal(0);

/** Has the page follow the choice. */
export function followTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    localStorage.setItem('theme', theme.value);
    repaint.value = repaint.peek() + 1;
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    repaint.value++;
  });
}

export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!;
}
