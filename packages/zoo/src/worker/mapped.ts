/** A generator whose items are others: it returns what the first one does, and leaves it when it is left. */
export async function* mapped<From, To, Result>(
  items: AsyncGenerator<From, Result, undefined>,
  map: (item: From) => To,
): AsyncGenerator<To, Result, undefined> {
  try {
    for (;;) {
      const { done, value } = await items.next();
      if (done) return value;
      yield map(value);
    }
  } finally {
    await items.return(undefined as never);
  }
}
