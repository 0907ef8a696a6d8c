/** What models, adapters, optimizers and checkpoints all work on. */
import type { Weight } from '@famjs/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** A weight set is a flat map of named tensors with Hugging Face names; linear weights are [out, in]. */
export type WeightMap = Readonly<Record<string, tf.Tensor>>;

/** A weight set of which matrices that are not trained may be quantised: linear maps, the embedding and the head. */
export type HeldWeights = Readonly<Record<string, Weight>>;
