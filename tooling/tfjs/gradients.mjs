/**
 * Makes the module that registers TensorFlow.js' gradients in Node: those of `@tensorflow/tfjs-core`, which Node cannot import
 * file by file and which its CommonJS build leaves out, over the ops of that build. `node tooling/tfjs/gradients.mjs`
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'vite';

const core = '@tensorflow/tfjs-core';
const backends = join(import.meta.dirname, '../../packages/backends');
const require = createRequire(join(backends, 'package.json'));
const folder = join(dirname(require.resolve(`${core}/package.json`)), 'dist');
const exported = require(core);

export const modulePath = join(backends, 'src/gradients.node.bundle.js');

const header = `/**
 * The gradients of ${core} ${exported.version_core}, made by tooling/tfjs/gradients.mjs.
 * Copyright Google LLC. Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
 */
`;

/** What the package exports comes from it; what it keeps to itself is bundled, on the engine that it shares. */
const onTheSharedEngine = {
  name: 'on-the-shared-engine',
  transform(code, id) {
    if (!id.startsWith(folder)) return undefined;
    return code.replace(/import \{([^}]*)\} from ('\.[^']*');/g, (_, names, from) => {
      const parts = names.split(',').map((name) => name.trim());
      const shared = parts.filter((name) => name.split(' as ')[0] in exported);
      const own = parts.filter((name) => !shared.includes(name) && name !== 'ENGINE');
      return [
        shared.length > 0 ? `import { ${shared} } from '${core}';` : '',
        own.length > 0 ? `import { ${own} } from ${from};` : '',
        parts.includes('ENGINE') ? `import { engine } from '${core}'; const ENGINE = engine();` : '',
      ].join('');
    });
  },
};

export async function compile() {
  const [{ output }] = await build({
    root: backends,
    configFile: false,
    logLevel: 'silent',
    plugins: [onTheSharedEngine],
    build: {
      write: false,
      minify: true,
      lib: { entry: join(folder, 'register_all_gradients.js'), formats: ['es'] },
      rolldownOptions: { external: [core] },
    },
  });
  return header + output[0].code;
}

if (process.argv[1] === import.meta.filename) writeFileSync(modulePath, await compile());
