/** A model of the zoo, and what it is known to say of a text: the whole way from files to words. */
import { expectClose } from '@famjs/kernels/testing';
import { loadModel, type Session } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';

const key = 'The pass key is 90817. Remember it. 90817 is the pass key.';
const text =
  'There is an important info hidden inside a lot of irrelevant text. Find it and memorize them. I will quiz you ' +
  `about the important information there. ${key}` +
  ' The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.'.repeat(12);

/** The mean of −ln p over the tokens of a text but the first, by the model on the current backend. */
export const modelLoss = () =>
  withSession(async (session) => {
    const [, ...logProbabilities] = (await session.score(text)).logProbabilities;
    return -logProbabilities.reduce((sum, x) => sum + x, 0) / logProbabilities.length;
  });

/** Rejects with what is wrong with what the model foresees, recalls or leaves behind on the current backend. */
export async function expectModel(loss: number): Promise<void> {
  const before = tf.memory().numTensors;
  await expectClose([await modelLoss()], [loss], { relative: 1e-4, absolute: 0 }, 'the loss of a text');
  const said = await withSession(async (session) => {
    await session.read(text);
    return session.ask(' What is the pass key? The pass key is', { maxTokens: 5 });
  });
  if (said.trim() !== '90817') throw new Error(`the model recalls "${said.trim()}", expected 90817`);
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new Error(`the model leaves ${left} tensors behind`);
}

async function withSession<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
  const model = await loadModel('passkey-fam');
  const session = model.session();
  try {
    return await work(session);
  } finally {
    session.dispose();
    model.dispose();
  }
}
