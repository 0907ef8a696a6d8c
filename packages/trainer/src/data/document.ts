/** A document in tokens, as readers of data make them. */
export interface Document {
  tokens: ArrayLike<number>;
  /** How much the prediction of each token counts, at least 0; 1 for all unless given. */
  weights?: ArrayLike<number> | undefined;
}
