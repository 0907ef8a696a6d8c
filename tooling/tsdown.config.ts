/**
 * How every package is built: each `./dist/….js` that its manifest promises comes from the source file of the same path,
 * and what it imports lies beside it as it does in the sources, so dynamic imports stay lazy and `#…` imports choose at run time.
 */
import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsdown';

const { exports, imports, bin } = JSON.parse(readFileSync('package.json', 'utf8'));
const promised = JSON.stringify({ exports, imports, bin }).matchAll(/"\.\/dist\/([^"]+)\.js"/g);

export default defineConfig({
  cwd: process.cwd(),
  entry: [...new Set(Array.from(promised, ([, path]) => `src/${path}.ts`))],
  root: 'src',
  unbundle: true,
  platform: 'neutral',
  fixedExtension: false,
  checks: { pluginTimings: false },
  target: 'es2022',
  deps: { neverBundle: /^(#|node:|worker_threads$)/, skipNodeModulesBundle: true },
  failOnWarn: true,
  // A file that another one finds by its address is called otherwise when it is built.
  plugins: [
    {
      name: 'addresses',
      transform: {
        filter: { code: /import\.meta\.url/ },
        handler: (code: string) => code.replace(/(new URL\('\.[^']+)\.ts'(?=, import\.meta\.url)/g, "$1.js'"),
      },
    },
  ],
});
