/** The site: its pages, and what Markdown of this repository means on it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { packages, repository, workspace } from '../../tooling/site/workspace.ts';
import {
  codeOfFiles,
  emptyHeadsAsCells,
  htmlAfterEmptyLines,
  indentedAsFenced,
  linksToRepository,
  picturesInline,
} from './markdown.ts';

const reference = packages.map(({ name, entries }) => ({
  text: name,
  link: `/reference/${name}`,
  collapsed: true,
  items: entries.slice(1).map((entry) => ({ text: entry.name, link: `/reference/${entry.name}` })),
}));

const errors = readdirSync(join(workspace, 'docs/errors'))
  .filter((name) => name !== 'index.md')
  .map((name) => name.replace('.md', ''))
  .map((name) => ({ text: name, link: `/errors/${name}` }));

export default defineConfig({
  title: 'FAM.js',
  description: 'TransformerFAM for TypeScript: working memory for Transformers, in Node and in the browser',
  lang: 'en',
  // Addresses with their ending: any host of files serves them.
  cleanUrls: false,
  transformHead: ({ siteData: { base } }) => [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}icon.svg` }],
  ],
  markdown: {
    // Others fall below a contrast of 4.5 on the ground that code has here.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (markdown) => {
      linksToRepository(markdown);
      codeOfFiles(markdown);
      htmlAfterEmptyLines(markdown);
      indentedAsFenced(markdown);
      picturesInline(markdown);
      emptyHeadsAsCells(markdown);
    },
  },
  vite: {
    // As its theme imports it.
    resolve: { alias: { './VPHome.vue': join(import.meta.dirname, 'theme/home.vue') } },
  },
  themeConfig: {
    search: {
      provider: 'local',
      // Whoever hears its name or speaks it has the words that are to be read on it.
      options: {
        translations: { button: { buttonText: 'Search (Ctrl K)', buttonAriaLabel: 'Search (Ctrl K)' } },
      },
    },
    outline: [2, 3],
    docFooter: { prev: false, next: false },
    socialLinks: [{ icon: 'github', link: repository }],
    nav: [
      { text: 'Why', link: '/why' },
      { text: 'Learn', link: '/learn' },
      { text: 'Reference', link: '/reference/' },
      { text: 'Results', link: '/results' },
      { text: 'Playground', link: '/playground/index.html', target: '_self' },
    ],
    sidebar: [
      {
        text: 'Understand',
        items: [
          { text: 'Why', link: '/why' },
          { text: 'Rivals', link: '/rivals' },
          { text: 'The paper beside the code', link: '/paper' },
        ],
      },
      {
        text: 'Use',
        items: [
          { text: 'The first hour', link: '/learn' },
          { text: 'Recipes', link: '/recipes' },
          { text: 'Training', link: '/training' },
          { text: 'A server', link: '/serve' },
          { text: 'Backends', link: '/backends' },
          { text: 'Errors', link: '/errors/', collapsed: true, items: errors },
        ],
      },
      { text: 'Reference', items: [...reference, { text: 'famjs', link: '/reference/famjs' }] },
      {
        text: 'What was found',
        items: [
          { text: 'Results', link: '/results' },
          { text: 'PassKey', link: '/passkey' },
          { text: 'Parity', link: '/parity' },
          { text: 'Performance', link: '/performance' },
          { text: 'Decisions', link: '/decisions' },
          { text: 'For maintainers', link: '/maintainers' },
        ],
      },
    ],
  },
});
