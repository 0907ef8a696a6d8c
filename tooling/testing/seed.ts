/** Random cases are the same in every run, so that a test that passed passes; FAMJS_SEED draws others. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.FAMJS_SEED ?? 2404_09173) });
