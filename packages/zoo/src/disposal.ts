/** `dispose()` under the name that `using` calls, too. */

/** The object with `[Symbol.dispose]`, where the platform has the symbol. */
export function withDispose<T extends Disposable & { dispose(): void }>(
  object: Omit<T, typeof Symbol.dispose>,
): T {
  const symbol: typeof Symbol.dispose | undefined = Symbol.dispose;
  if (symbol) Object.defineProperty(object, symbol, { value: () => (object as T).dispose() });
  return object as T;
}
