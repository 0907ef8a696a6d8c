/** Type-checks TypeScript files as a strict user's compiler would, with the declarations of our packages that they reach. */
import ts from 'typescript';

const resolutions = {
  NodeNext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  Bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};
export type Resolution = keyof typeof resolutions;

/** @returns one line for each error in `files` and in our declarations; those of other packages are not ours to judge */
export function typeErrors(files: string[], resolution: Resolution): string[] {
  const program = ts.createProgram(files, {
    ...resolutions[resolution],
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
  });
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => files.includes(fileName) || fileName.includes('/@famjs/'));
  const errors = ours.flatMap((file) => [
    ...program.getSyntacticDiagnostics(file),
    ...program.getSemanticDiagnostics(file),
  ]);
  return errors.map((error) => {
    const text = ts.flattenDiagnosticMessageText(error.messageText, ' ');
    return `${error.file?.fileName.replace(/^.*\/node_modules\//, '')}: ${text}`;
  });
}
