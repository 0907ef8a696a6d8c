/** Loads TensorFlow's native addon in Node. */
import { createRequire } from 'node:module';
import util from 'node:util';

/** The `util` predicates that `@tensorflow/tfjs-node` 4.22 calls and Node 23 removed. */
const removedPredicates = {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
};

export async function loadTensorFlow(): Promise<unknown> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // Its notice is printed at every log level, and small products are faster without it.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '0';
  // Its own pool of memory: what the system hands out for each large tensor costs more than the op that fills it.
  process.env.TF_CPU_ALLOCATOR_USE_BFC ??= 'true';
  const mutableUtil = util as unknown as Record<string, unknown>;
  for (const [name, predicate] of Object.entries(removedPredicates)) mutableUtil[name] ??= predicate;
  return createRequire(import.meta.url)('@tensorflow/tfjs-node');
}
