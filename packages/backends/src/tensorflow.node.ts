/** Loads TensorFlow's native addon in Node, with CUDA where that is installed and works. */
import { createRequire } from 'node:module';
import path from 'node:path';
import util from 'node:util';

/** The `util` predicates that `@tensorflow/tfjs-node` 4.22 calls, Node 22 warns of and Node 23 removed. */
const removedPredicates = {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
};

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];
const load = createRequire(import.meta.url);

/** @throws Error that says of each package why it does not load */
export async function loadTensorFlow(): Promise<unknown> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // Its own pool of memory: what the system hands out for each large tensor costs more than the op that fills it.
  process.env.TF_CPU_ALLOCATOR_USE_BFC ??= 'true';
  const mutableUtil = util as unknown as Record<string, unknown>;
  for (const [name, predicate] of Object.entries(removedPredicates)) mutableUtil[name] = predicate;
  const reasons: string[] = [];
  for (const name of packages) {
    const reason = whyNot(name);
    if (reason === undefined) return load(name);
    reasons.push(reason);
  }
  throw new Error(reasons.join('; '));
}

/** Loads the addon by itself first: the package registers its kernels before it finds out that it has none. */
function whyNot(name: string): string | undefined {
  let folder: string;
  try {
    folder = path.dirname(load.resolve(`${name}/package.json`));
  } catch {
    return `${name} is not installed`;
  }
  try {
    load(path.join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'));
    return undefined;
  } catch (error) {
    const cuda = name.endsWith('-gpu') ? ' --cuda' : '';
    const isAbsent = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND';
    const what = isAbsent
      ? 'has no addon'
      : `does not load (${String((error as Error).message).split('\n')[0]})`;
    return `${name} ${what}: run \`famjs setup tensorflow${cuda}\``;
  }
}
