/** The reference: a page for each entry of each package. It opens with code of `examples/`; what follows is TypeDoc's. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Application, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { type Entry, type Package, packages, seen, workspace } from './workspace.ts';

/** Where the pages lie, below `docs/`; never committed. */
const referenceFolder = join(workspace, 'docs/reference');

const options: Partial<TypeDocOptions & PluginOptions> = {
  plugin: ['typedoc-plugin-markdown'],
  tsconfig: join(import.meta.dirname, 'tsconfig.json'),
  entryPoints: packages.flatMap(({ entries }) => entries.map(({ source }) => join(workspace, source))),
  basePath: workspace,
  readme: 'none',
  // `pnpm types` checks.
  skipErrorChecking: true,
  excludeInternal: true,
  excludeExternals: true,
  disableGit: true,
  sourceLinkTemplate: seen('packages/{path}#L{line}'),
  groupOrder: ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables'],
  outputFileStrategy: 'modules',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  hidePageTitle: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  sanitizeComments: true,
  tableColumnSettings: { hideSources: true },
  useCustomAnchors: true,
  outputs: [{ name: 'markdown', path: referenceFolder }],
  logLevel: 'Warn',
};

/** What a relative link of a README names, seen from a page of the reference. */
function linksFrom(text: string, folder: string, page: string): string {
  const target = (link: string) => relative(dirname(page), join(workspace, folder, link));
  return text.replace(/\]\((?!\w+:|#)([^)]+)\)/g, (_, link: string) => `](${target(link)})`);
}

const examples = readdirSync(join(workspace, 'examples'))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, code: readFileSync(join(workspace, 'examples', name), 'utf8') }));

/** The example that imports the entry, or else is named after it, or after the package, or imports that. */
function openingOf(entry: Entry, { name }: Package): string {
  const importing = (from: string) => examples.find(({ code }) => code.includes(`from '${from}'`));
  const named = (part: string | undefined) => examples.find((example) => example.name === `${part}.ts`);
  const [, ofPackage, ofEntry] = entry.name.split('/');
  const { name: file, code } =
    importing(entry.name) ?? named(ofEntry) ?? named(ofPackage) ?? importing(name)!;
  return `# ${entry.name}\n\n\`\`\`ts file=examples/${file}\n${code.replace(/^\/\*\*.*\n/, '')}\`\`\`\n`;
}

const pageOf = ({ name }: { name: string }) => join(referenceFolder, `${name}.md`);

function writePage(page: string, text: string): void {
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, `---\neditLink: false\n---\n\n${text}`);
}

const readmeOf = (folder: string, page: string) =>
  linksFrom(readFileSync(join(workspace, folder, 'README.md'), 'utf8'), folder, page);

/** Writes all pages anew. */
export async function writeReference(): Promise<void> {
  rmSync(referenceFolder, { recursive: true, force: true });
  const app = await Application.bootstrapWithPlugins(options);
  const project = await app.convert();
  if (!project) throw new Error('TypeDoc could not read the sources.');
  const names = new Map(packages.flatMap(({ entries }) => entries.map(({ name, source }) => [source, name])));
  for (const module of project.children ?? []) {
    module.name = names.get(module.sources![0]!.fileName) ?? module.name;
  }
  await app.generateOutputs(project);

  for (const each of packages) {
    for (const entry of each.entries) {
      const page = pageOf(entry);
      if (!existsSync(page)) throw new Error(`TypeDoc wrote no page for ${entry.name}.`);
      const opening = entry.name === each.name ? readmeOf(each.folder, page) : openingOf(entry, each);
      const found = readFileSync(page, 'utf8').replace(/^Defined in: (.+)$/gm, '<small>$1</small>');
      writePage(page, `${opening}\n${found}`);
    }
  }
  rmSync(join(referenceFolder, 'README.md'));
  const cli = pageOf({ name: 'famjs' });
  writePage(cli, readmeOf('apps/cli', cli));
  const rows = packages.map(({ name, description }) => `| [${name}](${name}.md) | ${description} |`);
  writePage(
    pageOf({ name: 'index' }),
    `# Reference\n\nFrom the docstrings of the sources, a page for each entry of each package.\n\n| package | what it is |\n|---|---|\n${rows.join('\n')}\n| [famjs](famjs.md) | the command line |\n`,
  );
}
