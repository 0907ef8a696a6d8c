#!/usr/bin/env node
/**
 * Installs what the suites need to run on WebGL and WebGPU and this machine lacks: Debian's Chromium, which brings an emulated
 * GPU, and the Vulkan loader, through which Dawn finds one in Node. Does nothing where both are there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const hasVulkan = () =>
  ['/usr/lib', '/usr/lib64', ...multiarch()].some((folder) => existsSync(`${folder}/libvulkan.so.1`));

const multiarch = () =>
  readdirSync('/usr/lib')
    .filter((name) => name.includes('-linux-'))
    .map((name) => `/usr/lib/${name}`);

/** Debian's packages, and how one sees that they are there. */
const needed = {
  chromium: () => existsSync('/usr/bin/chromium'),
  libvulkan1: hasVulkan,
};

const missing = () => Object.keys(needed).filter((name) => !needed[name]());

/** @returns why the packages cannot be installed here */
function obstacle() {
  if (!existsSync('/usr/bin/apt-get')) return 'this system has no apt-get';
  if (process.getuid() !== 0) return 'only root may install them';
  return undefined;
}

function aptGet(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status, stdout, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' });
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

function install(packages) {
  console.log(`installing ${packages.join(' and ')} ...`);
  aptGet('update', '--quiet');
  const { output } = aptGet('install', '--quiet', '--yes', '--no-install-recommends', ...packages);
  if (missing().length > 0) console.error(output.trimEnd().split('\n').slice(-10).join('\n'));
}

function main() {
  if (process.platform !== 'linux')
    return console.log('no browser suite here: it runs on Linux, in /usr/bin/chromium');
  const packages = missing();
  if (packages.length === 0) return;
  const reason = obstacle();
  if (!reason) install(packages);
  const left = missing();
  if (left.length === 0) return;
  console.error(
    `The suites cannot run on every backend: ${left.join(' and ')} missing${reason ? `, and ${reason}` : ''}.\n` +
      `  expected: Chromium at /usr/bin/chromium and libvulkan.so.1 in the library path\n` +
      `  what to do: sudo apt-get install ${left.join(' ')}`,
  );
  // Without them the suites still run on the other backends, and say so; in CI that is not enough.
  process.exitCode = process.env.CI ? 1 : 0;
}

main();
