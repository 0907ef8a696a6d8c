#!/usr/bin/env node
/**
 * Makes `@tensorflow/tfjs-node` usable where its own install script is not: compiles the package's N-API addon against the
 * TensorFlow libraries inside pip's `tensorflow_cpu` wheel. README.md says what it leaves where; `--help` lists the options.
 */
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { lastLines, report, run, SetupError, step } from './run.mjs';

const TENSORFLOW_VERSION = '2.21.0';
/** Any Python's wheel holds the same C++ libraries: tried in turn when there is none for the installed Python. */
const OTHER_PYTHONS = ['3.13', '3.12', '3.11', '3.10'];
const NAPI_VERSION = 8; // The highest tfjs-node names. N-API is stable: later versions of Node load the same addon.
const ADDON = path.join('lib', `napi-v${NAPI_VERSION}`, 'tfjs_binding.node');
const INSTALL_FIRST = 'Install the workspace first (pnpm install).';
const USAGE = `usage: node setup.mjs [options]
  --package <dir>         the installed @tensorflow/tfjs-node (default: this tooling package's own dependency)
  --tensorflow <version>  version of the tensorflow_cpu wheel (default: ${TENSORFLOW_VERSION}, tested)
  --cache <dir>           where the libraries are kept (default: famjs in XDG_CACHE_HOME or ~/.cache)
  --fresh                 download and build again even if everything is in place
  --if-possible           exit 0 with one line when this machine lacks what is needed; wrong results still fail
  --verbose               show everything that pip, the compiler and TensorFlow print`;

const require = createRequire(import.meta.url);
let verbose = false;

function findNodeGyp() {
  try {
    return require.resolve('node-gyp/bin/node-gyp.js');
  } catch (error) {
    throw new SetupError('node-gyp was not found', {
      expected: 'it beside this tooling package',
      advice: INSTALL_FIRST,
      output: error.message,
    });
  }
}

function findPackage(given) {
  try {
    const manifest = given
      ? path.resolve(given, 'package.json')
      : require.resolve('@tensorflow/tfjs-node/package.json');
    const { name } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
    if (name !== '@tensorflow/tfjs-node') throw new Error(`${manifest} describes ${name}`);
    return fs.realpathSync(path.dirname(manifest));
  } catch (error) {
    const advice = given ? 'Check the directory given to --package.' : INSTALL_FIRST;
    throw new SetupError('@tensorflow/tfjs-node was not found', {
      expected: 'its package directory',
      advice,
      output: error.message,
    });
  }
}

/** Loads the addon in a child process: `ok` and the TensorFlow `version` in use, or the `output` that says what is wrong. */
async function verify(packageDir) {
  if (!fs.existsSync(path.join(packageDir, ADDON))) return { ok: false, absent: true };
  const env = { TF_CPP_MIN_LOG_LEVEL: verbose ? '0' : '2', ...process.env };
  const result = await run(process.execPath, [path.join(import.meta.dirname, 'verify.mjs'), packageDir], {
    env,
    verbose,
  });
  return { ...result, version: /^tensorflow (\S+) verified$/m.exec(result.output)?.[1] };
}

async function checkMachine() {
  if (process.platform !== 'linux') {
    const advice = `On ${process.platform}, try the package's own install script: npm rebuild @tensorflow/tfjs-node`;
    throw new SetupError('only Linux wheels hold libraries to link with', {
      expected: 'Linux',
      advice,
      missing: true,
    });
  }
  for (const [command, ...args] of [
    ['python3', '-m', 'pip', '--version'],
    ['make', '--version'],
    ['g++', '--version'],
  ]) {
    const { ok, output } = await run(command, args);
    const advice = 'Install Python 3 with pip, make and a C++ compiler.';
    if (!ok)
      throw new SetupError(`${command} ${args.join(' ')} fails`, {
        expected: 'it to run',
        advice,
        output,
        missing: true,
      });
  }
}

async function downloadWheel(version, dir) {
  const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--retries', '2', '--dest', dir];
  let output = '';
  for (const python of [undefined, ...OTHER_PYTHONS]) {
    const attempt = await run(
      'python3',
      [...pip, ...(python ? ['--python-version', python] : []), `tensorflow_cpu==${version}`],
      { verbose },
    );
    const wheel = fs.readdirSync(dir).find((name) => name.endsWith('.whl'));
    if (attempt.ok && wheel) return path.join(dir, wheel);
    const errors = attempt.output.match(/^ERROR: .*$/gm) ?? [attempt.output];
    output += `pip for ${python ? `Python ${python}` : 'the installed Python'}:\n  ${errors.join('\n  ')}\n`;
    if (!attempt.output.includes('No matching distribution')) break; // Another Python's wheel would not help.
  }
  const expected = `a tensorflow_cpu ${version} wheel for ${process.platform} ${process.arch} in reach of pip`;
  const advice =
    'If pip lists other versions, choose one with --tensorflow <version>; otherwise let pip reach an index or a wheel folder.';
  throw new SetupError('pip could not download the wheel', { expected, advice, output, missing: true });
}

async function extractWheel(wheel, dir) {
  const { ok, output } = await run(
    'python3',
    [path.join(import.meta.dirname, 'extract_wheel.py'), wheel, dir],
    { verbose },
  );
  const expected = `TensorFlow's libraries and C headers in ${path.basename(wheel)}, and 1.2 GB of free disk space`;
  if (!ok)
    throw new SetupError('the wheel could not be unpacked', {
      expected,
      advice: 'The output above names the cause.',
      output,
    });
}

/** The libraries are large, so all clones of a user share them. A directory with the final name is always complete. */
async function provideLibraries(version, cacheDir, workDir, fresh) {
  const kept = path.join(cacheDir, `tensorflow-${version}-${process.arch}`);
  if (fs.existsSync(kept) && !fresh) return kept;
  const unpacked = path.join(workDir, 'libraries');
  const wheel = await step(`downloading the tensorflow_cpu ${version} wheel (about 270 MB)`, () =>
    downloadWheel(version, workDir),
  );
  await step(`unpacking its libraries into ${kept} (about 860 MB)`, () => extractWheel(wheel, unpacked));
  if (fresh) fs.rmSync(kept, { recursive: true, force: true });
  try {
    fs.renameSync(unpacked, kept);
  } catch (error) {
    if (!fs.existsSync(kept)) throw error; // It exists when another setup was faster; its copy is as good.
  }
  return kept;
}

/** Builds in a copy, so that a failure leaves nothing half-built in the package. */
async function buildAddon(packageDir, libraries, workDir) {
  const source = path.join(workDir, 'addon');
  for (const name of ['binding', 'binding.gyp'])
    fs.cpSync(path.join(packageDir, name), path.join(source, name), { recursive: true });
  fs.symlinkSync(libraries, path.join(source, 'deps'));
  const prefix = path.dirname(path.dirname(fs.realpathSync(process.execPath)));
  const hasHeaders = fs.existsSync(path.join(prefix, 'include', 'node', 'node_api.h'));
  const args = ['rebuild', '--jobs=2', '--module_name=tfjs_binding', `--napi_build_version=${NAPI_VERSION}`];
  args.push(
    `--module_path=${path.join(source, path.dirname(ADDON))}`,
    ...(hasHeaders ? [`--nodedir=${prefix}`] : []),
  );
  const { ok, output } = await run(process.execPath, [findNodeGyp(), ...args], { cwd: source, verbose });
  const addon = path.join(source, ADDON);
  if (ok && fs.existsSync(addon)) return addon;
  const missing = !hasHeaders && !process.env.npm_config_nodedir;
  const advice = !missing
    ? 'The output above names the cause. If it is a missing library or header, run again with --fresh.'
    : `This Node has no headers (${prefix}/include/node): set npm_config_nodedir to a prefix that has them, or let node-gyp download them.`;
  throw new SetupError('node-gyp could not build the addon', { expected: ADDON, advice, output, missing });
}

/** Adds to the package and replaces what was generated; never writes to its published files, which may be shared hard links. */
function install(addon, libraries, packageDir) {
  uninstall(packageDir);
  fs.symlinkSync(libraries, path.join(packageDir, 'deps'));
  fs.mkdirSync(path.join(packageDir, path.dirname(ADDON)), { recursive: true });
  fs.copyFileSync(addon, path.join(packageDir, ADDON));
}

function uninstall(packageDir) {
  for (const name of ['deps', 'lib'])
    fs.rmSync(path.join(packageDir, name), { recursive: true, force: true });
}

/** Resolves to the version of TensorFlow that works now. */
async function setup(options) {
  const packageDir = findPackage(options.package);
  const before = await verify(packageDir);
  if (before.ok && !options.fresh && before.version === (options.tensorflow ?? before.version))
    return before.version;
  if (!before.ok && !before.absent)
    console.log(`the addon in place does not work and will be replaced:\n${lastLines(before.output)}`);
  await checkMachine();
  const cacheDir = path.resolve(
    options.cache ?? path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'famjs'),
  );
  fs.mkdirSync(cacheDir, { recursive: true });
  const workDir = fs.mkdtempSync(path.join(cacheDir, 'setup-')); // Beside the libraries: they move into place by one rename.
  try {
    const libraries = await provideLibraries(
      options.tensorflow ?? TENSORFLOW_VERSION,
      cacheDir,
      workDir,
      options.fresh,
    );
    install(
      await step('building the addon', () => buildAddon(packageDir, libraries, workDir)),
      libraries,
      packageDir,
    );
  } finally {
    fs.rmSync(workDir, { recursive: true, force: true });
  }
  const after = await step('verifying', () => verify(packageDir));
  if (after.ok) return after.version;
  uninstall(packageDir);
  const advice = 'Run again with --fresh --verbose. A processor without AVX cannot run these libraries.';
  const expected = 'a right matrix product and gradient';
  throw new SetupError('the addon was built but does not work, and was removed', {
    expected,
    advice,
    output: after.output,
  });
}

async function main() {
  const flags = {
    fresh: { type: 'boolean' },
    'if-possible': { type: 'boolean' },
    verbose: { type: 'boolean' },
    help: { type: 'boolean' },
  };
  const { values } = parseArgs({
    options: {
      package: { type: 'string' },
      tensorflow: { type: 'string' },
      cache: { type: 'string' },
      ...flags,
    },
  });
  if (values.help) return console.log(USAGE);
  verbose = values.verbose ?? false;
  try {
    console.log(`tfjs-node works: TensorFlow ${await setup(values)}, matrix product and gradient verified`);
  } catch (error) {
    if (values['if-possible'] && error.missing)
      return console.log(`TensorFlow setup skipped: ${error.message} (expected ${error.expected})`);
    report(error);
    process.exitCode = 1;
  }
}

await main();
