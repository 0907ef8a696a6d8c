/** `dispose()` under the names that `using` and `await using` call, too. */

/** The object with `[Symbol.dispose]`, where the platform has the symbol. */
export function withDispose<T extends Disposable & { dispose(): void }>(
  object: Omit<T, typeof Symbol.dispose>,
): T {
  const symbol: typeof Symbol.dispose | undefined = Symbol.dispose;
  if (symbol) Object.defineProperty(object, symbol, { value: () => (object as T).dispose() });
  return object as T;
}

/** The object with `[Symbol.dispose]` and `[Symbol.asyncDispose]`, which also waits for the end; where the platform has them. */
export function withAsyncDispose<T extends Disposable & AsyncDisposable & { dispose(): void }>(
  object: Omit<T, typeof Symbol.dispose | typeof Symbol.asyncDispose>,
  end: () => Promise<void>,
): T {
  const symbol: typeof Symbol.asyncDispose | undefined = Symbol.asyncDispose;
  if (symbol) Object.defineProperty(object, symbol, { value: end });
  return withDispose<T>(object as Omit<T, typeof Symbol.dispose>);
}
