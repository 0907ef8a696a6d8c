/** Chooses a backend. */
import { describeBackend, listBackends, setBackend } from '@famjs/backends';

await setBackend(['wasm', 'cpu']); // the first that starts; 'auto' takes the best of all
const { name, precision } = describeBackend();
console.log(`${name} computes in ${precision}`);

for (const { name, started, reason } of await listBackends()) {
  if (!started) console.error(`${name} does not start here: ${reason}`);
}
