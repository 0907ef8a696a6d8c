/** Preloaded by `node --import`: TypeScript for this thread and for the workers that it starts, which `--import tsx` leaves out. */
import { register } from 'tsx/esm/api';

register();
