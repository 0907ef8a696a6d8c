/** What Markdown of this repository means on the site: links to its files, code that says its file, pictures. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';
import { seen, workspace } from '../../tooling/site/workspace.ts';

/** Folder of the page below the workspace. */
const folderOf = (env: { relativePath?: string }) =>
  posix.join('docs', posix.dirname(env.relativePath ?? ''));

/** A link to a file outside `docs/` leads to where the repository is to be seen. */
export function linksToRepository(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('links-to-repository', ({ tokens, env }) => {
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const link = token.attrGet('href');
      if (token.type !== 'link_open' || !link?.startsWith('.')) continue;
      const [path = '', anchor] = posix.join(folderOf(env), decodeURI(link)).split('#');
      if (path.startsWith('docs/')) continue;
      token.attrSet('href', seen(path) + (anchor ? `#${anchor}` : ''));
    }
  });
}

/** A block of code that names its file shows the name above, as a link. */
export function codeOfFiles(markdown: MarkdownRenderer): void {
  const fence = markdown.renderer.rules.fence!;
  markdown.renderer.rules.fence = (tokens, index, ...rest) => {
    const code = fence(tokens, index, ...rest);
    const file = / file=(\S+)/.exec(tokens[index]!.info)?.[1];
    if (!file) return code;
    return `<div class="code-of-file"><a href="${seen(file)}">${file}</a>${code}</div>`;
  };
}

/** Words in angle brackets at the beginning of a line do not break a paragraph into HTML, as they do not anywhere else. */
export function htmlAfterEmptyLines({ block: { ruler } }: MarkdownRenderer): void {
  const rules = ruler.getRules('');
  ruler.disable('html_block');
  const html = rules.find((rule) => !ruler.getRules('').includes(rule))!;
  ruler.at('html_block', html, { alt: [] });
  ruler.enable('html_block');
}

/** A picture of ours stands in the page itself, where it has the page's colours; what it shows is its title and its caption. */
export function picturesInline(markdown: MarkdownRenderer): void {
  const image = markdown.renderer.rules.image!;
  markdown.renderer.rules.image = (tokens, index, options, env, self) => {
    const token = tokens[index]!;
    const source = posix.join(folderOf(env), token.attrGet('src') ?? '');
    if (!source.startsWith('docs/pictures/')) return image(tokens, index, options, env, self);
    const caption = markdown.utils.escapeHtml(token.content);
    const svg = readFileSync(join(workspace, source), 'utf8').replace(
      '<svg ',
      `<svg role="img" aria-label="${caption}" `,
    );
    return `<span class="picture" v-pre>${svg}<span class="caption" aria-hidden="true">${caption}</span></span>`;
  };
}

/** An indented block of code looks as a fenced one does. */
export function indentedAsFenced(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('indented-as-fenced', ({ tokens }) => {
    for (const token of tokens.filter(({ type }) => type === 'code_block')) {
      Object.assign(token, { type: 'fence', info: 'text' });
    }
  });
}

/** A head that says nothing is none. */
export function emptyHeadsAsCells(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push('empty-heads-as-cells', ({ tokens }) => {
    for (const [i, { type }] of tokens.entries()) {
      if (type !== 'th_open' || tokens[i + 1]!.content !== '') continue;
      for (const token of [tokens[i]!, tokens[i + 2]!]) token.tag = 'td';
    }
  });
}
