/** Packages that are optional: an import that finds none is told from one that fails. */

/** A package that would have to be installed. */
export class MissingPackage extends Error {
  readonly packageName: string;

  constructor(packageName: string, cause: unknown) {
    super(`${packageName} is not installed`, { cause });
    this.packageName = packageName;
  }
}

/** How Node, browsers and what bundlers leave in place of a package say that it is not there. */
const absent =
  /cannot find (?:module|package)|failed to resolve module|could not resolve|does not resolve to a valid url|bare specifier|is it installed/i;

/**
 * What the failure of `import('<packageName>')` means. The import stands within a `try` of its own: bundlers then take a
 * package that is not there for a warning instead of an error.
 */
export function importError(packageName: string, cause: unknown): unknown {
  const { code, message } = cause as NodeJS.ErrnoException;
  const isAbsent =
    code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND' || absent.test(String(message));
  return isAbsent ? new MissingPackage(packageName, cause) : cause;
}
