/** What comes from outside checked against a schema, with an error that names every value that does not fit. */
import type { Complaint, FamError } from '@famjs/backends';
import type * as z from 'zod';

/** @param expected what the content should have been, as the error says it */
export function parsed<Schema extends z.ZodType>(
  schema: Schema,
  content: unknown,
  what: string,
  error: new (complaint: Complaint) => FamError,
  expected: string,
  remedy = `correct ${what}, or fetch it again with the model it belongs to.`,
): z.output<Schema> {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) =>
    [path.join('.'), message].filter(Boolean).join(': '),
  );
  throw new error({ wrong: `${what} does not fit: ${issues.join('; ')}.`, expected, remedy });
}
