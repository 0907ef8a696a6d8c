/** What an error says. */
import { FamError } from '@famjs/backends';
import { famConfig } from '@famjs/layer';

try {
  famConfig({ blockSize: 64, famLength: -1 });
} catch (error) {
  if (!(error instanceof FamError)) throw error;
  const { wrong, expected, remedy } = error.complaint;
  console.log(`${error.name}: ${wrong}`);
  console.log(`expected: ${expected}`);
  console.log(`to do: ${remedy}`);
  console.log(`more: ${error.page}`);
}
