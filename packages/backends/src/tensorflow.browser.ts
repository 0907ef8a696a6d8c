/** Native TensorFlow does not exist in browsers. */
export async function loadTensorFlow(): Promise<never> {
  throw new Error('native TensorFlow runs in Node only');
}
