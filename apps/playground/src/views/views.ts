/** The views of the playground, in the order of the menu. A new view gets its line here. */
import type { ComponentType } from 'preact';

export interface View {
  /** Its name in the URL. */
  name: string;
  title: string;
  load(): Promise<ComponentType>;
}

export const views: readonly View[] = [
  {
    name: 'watch',
    title: 'Watch',
    load: async () => (await import('./watch/view.tsx')).WatchView,
  },
  {
    name: 'inside',
    title: 'See inside',
    load: async () => (await import('./inside/view.tsx')).InsideView,
  },
  {
    name: 'train',
    title: 'Train',
    load: async () => (await import('./train/view.tsx')).TrainView,
  },
  {
    name: 'model',
    title: 'Your own text',
    load: async () => (await import('./model/view.tsx')).ModelView,
  },
  {
    name: 'compare',
    title: 'Compare backends',
    load: async () => (await import('./compare/view.tsx')).CompareView,
  },
];
