/** Which module may import which: the layers of the architecture, held by dependency-cruiser. */

/** From top to bottom: each imports from those after it, and the apps import from all. */
const layers = ['tasks', 'trainer', 'zoo', 'layer', 'kernels', 'ops', 'backends'];
const above = (layer) => [
  'apps/',
  ...layers.slice(0, layers.indexOf(layer)).map((name) => `packages/${name}/`),
];

/** What a package ships; its tests and examples may use more. */
const shipped = { path: '^(packages|apps)/[^/]+/src/', pathNot: '[.]test[.]ts$' };

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers.map((layer) => ({
      name: `${layer}-imports-downwards`,
      severity: 'error',
      from: { path: `^packages/${layer}/` },
      to: { path: `^(${above(layer).join('|')})` },
    })),
    {
      name: 'known-layer',
      comment: 'Give the new package its place in the list of layers above.',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${layers.join('|')})/` },
      to: {},
    },
    {
      name: 'no-deep-import',
      comment: 'Import from another package by its name.',
      severity: 'error',
      from: { path: '^((packages|apps|tooling)/[^/]+)/' },
      to: { path: '^(packages|apps)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'tooling-in-tests-only',
      severity: 'error',
      from: shipped,
      to: { path: '^tooling/' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'declared',
      comment: 'The file does not exist, or the package is not in the package.json beside the source.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    {
      name: 'declared-for-users',
      comment: 'What is shipped needs a dependency or a peer, not a devDependency.',
      severity: 'error',
      from: shipped,
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-peer', 'type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|apps)/[^/]+/(dist|assembly)/' },
    combinedDependencies: true,
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['@famjs/source', 'node', 'import', 'types', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
