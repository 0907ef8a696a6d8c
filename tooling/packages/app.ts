/** The app of `app/`, built from the tarballs by the bundlers that people use. */
import { cpSync, mkdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build as buildWithVite, createServer } from 'vite';

const source = join(import.meta.dirname, 'app');

/** A copy of the app in an installed project, with a model beside its page. @returns the copy's folder */
export function placeApp(project: string, model: string): string {
  const folder = join(project, 'site');
  cpSync(source, folder, { recursive: true });
  cpSync(model, join(folder, 'public/model'), { recursive: true });
  return folder;
}

/** A page that is served, until it is closed. */
export interface Served {
  url: string;
  close(): void | Promise<void>;
}

export async function viteDevServer(folder: string): Promise<Served> {
  const server = await createServer({
    root: folder,
    configFile: false,
    logLevel: 'error',
    server: { port: 0 },
  });
  await server.listen();
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}

export async function builtByVite(folder: string): Promise<string> {
  const outDir = join(folder, 'dist-vite');
  await buildWithVite({ root: folder, configFile: false, logLevel: 'error', base: './', build: { outDir } });
  return outDir;
}

/** A server's bundle, as most frameworks make it: the packages stay outside. */
export async function builtByViteForServers(folder: string): Promise<string> {
  const outDir = join(folder, 'dist-server');
  const build = { outDir, ssr: join(folder, 'server.js') };
  await buildWithVite({ root: folder, configFile: false, logLevel: 'error', build });
  return join(outDir, 'server.js');
}

/** esbuild knows no addresses of files: the page says where those of the wasm backend lie, and has scripts of its workers. */
export async function builtByEsbuild(folder: string): Promise<string> {
  const outdir = join(folder, 'dist-esbuild');
  const { build } = createRequire(join(folder, 'index.html'))('esbuild');
  await build({
    absWorkingDir: folder,
    entryPoints: ['page.js', 'worker.js', 'model-worker.js'],
    bundle: true,
    splitting: true,
    format: 'esm',
    logLevel: 'silent',
    outdir,
  });
  pageOf(folder, outdir);
  const backends = realpathSync(join(folder, '../node_modules/@famjs/backends'));
  const wasm = createRequire(join(backends, 'package.json')).resolve('@tensorflow/tfjs-backend-wasm');
  cpSync(join(wasm, '..'), join(outdir, 'wasm'), {
    recursive: true,
    filter: (file) => !/\.(js|map|ts)$/.test(file),
  });
  return outdir;
}

/** For pages, and for servers as Next makes them: with the packages inside. */
export async function builtByWebpack(folder: string, target: 'web' | 'node' = 'web'): Promise<string> {
  const outDir = join(folder, `dist-webpack-${target}`);
  const webpack = createRequire(join(folder, 'index.html'))('webpack');
  const stats = await promisify(webpack)({
    context: folder,
    mode: 'production',
    optimization: { minimize: false },
    target,
    entry: target === 'web' ? './page.js' : './server.js',
    output: {
      path: outDir,
      filename: target === 'web' ? 'page.js' : 'server.mjs',
      ...(target === 'node' && { module: true, library: { type: 'module' } }),
    },
    ...(target === 'node' && { experiments: { outputModule: true } }),
  });
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
  if (target === 'node') return join(outDir, 'server.mjs');
  pageOf(folder, outDir);
  return outDir;
}

/** The page and the model beside what a bundler wrote that copies neither. */
function pageOf(folder: string, outDir: string): void {
  mkdirSync(outDir, { recursive: true });
  cpSync(join(folder, 'index.html'), join(outDir, 'index.html'));
  cpSync(join(folder, 'public'), outDir, { recursive: true });
}
