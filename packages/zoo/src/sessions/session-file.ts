/**
 * A session in bytes: a safetensors file with everything that the next call needs, and the fingerprint of its model. Nothing of
 * it is taken on trust: a digest, a schema, then shapes and ranges, all before a tensor is made.
 */
import { CheckpointError, require } from '@famjs/backends';
import { stateTensors } from '@famjs/layer';
import * as z from 'zod';
import { sha256 } from '../digest.ts';
import { type RawTensors, readSafetensors, writeSafetensors } from '../formats/safetensors.ts';
import { downloadValues, uploadValues } from '../formats/tensors.ts';
import { decodeTensors, encodeValues, type NamedValues } from '../formats/values.ts';
import type { NamedModel } from '../named-model.ts';
import { parsed } from '../parsed.ts';
import { type Place, recentTokens } from './place.ts';
import { countsOf, stateCountsSchema, stateOf, stateShapes } from './state-notes.ts';

const hex = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256');
const expected = 'a session from save(), unchanged.';

/** The notes that do not depend on the model. */
const headSchema = z.looseObject({
  version: z.literal(1),
  model: z.strictObject({ name: z.string().max(1000), fingerprint: hex }),
});

/** All notes beside the tensors, in the numbers that this model allows. */
const notesSchema = ({ config }: NamedModel) =>
  headSchema
    .extend({
      state: stateCountsSchema(config),
      recent: z
        .array(
          z
            .array(
              z
                .int()
                .min(0)
                .max(config.vocabularySize - 1),
            )
            .max(recentTokens),
        )
        .min(1),
      origin: z.int().min(0).nullable(),
    })
    .strict();

/** The bytes of a session's place. */
export async function packPlace(
  { state, last, recent, origin }: Place,
  model: NamedModel,
): Promise<Uint8Array> {
  const raw = encodeValues(await downloadValues({ ...stateTensors(state), ...(last && { last }) }));
  const text = JSON.stringify({
    version: 1,
    model: { name: model.name, fingerprint: await model.fingerprint() },
    state: countsOf(state),
    recent,
    origin: origin ?? null,
  });
  return writeSafetensors(raw, { session: text, digest: await digestOf(text, raw) });
}

/**
 * The place of `packPlace`, on the current backend and in the caller's hands.
 *
 * @throws CheckpointError when the bytes are damaged, are no session, or come from another model, which is named
 */
export async function unpackPlace(bytes: Uint8Array, model: NamedModel): Promise<Place> {
  requireBytes(bytes);
  const file = 'the session file';
  const { tensors, metadata } = readSafetensors(bytes, file);
  const { session: text = '', digest } = metadata;
  require(digest === (await digestOf(text, tensors)), CheckpointError, () => ({
    wrong: digest
      ? 'The session file is damaged: its content does not have its digest.'
      : 'The file is no session.',
    expected,
    remedy: 'save the session again, or fetch its file again.',
  }));
  const content: unknown = JSON.parse(text);
  await requireModel(parsed(headSchema, content, file, CheckpointError, expected).model, model);
  const { state, recent, origin } = parsed(notesSchema(model), content, file, CheckpointError, expected);
  const values = decodeTensors(tensors);
  const began = recent[0]!.length > 0;
  requireTensors(values, {
    ...stateShapes(model.config, recent.length),
    ...(began && { last: { shape: [recent.length, model.config.layer.width], values: new Float32Array() } }),
  });
  const { last, ...held } = uploadValues(values);
  return { state: stateOf(held, state, model.config), last, recent, origin: origin ?? undefined };
}

/** SHA-256 of the notes and of every tensor's name, dtype, shape and data. */
async function digestOf(notes: string, tensors: RawTensors): Promise<string> {
  const parts: unknown[] = [notes];
  for (const name of Object.keys(tensors).sort()) {
    const { dtype, shape, data } = tensors[name]!;
    parts.push([name, dtype, shape, await sha256(data)]);
  }
  return sha256(new TextEncoder().encode(JSON.stringify(parts)));
}

async function requireModel(saved: { name: string; fingerprint: string }, model: NamedModel): Promise<void> {
  const fingerprint = await model.fingerprint();
  const called = (name: string, print: string) => `"${name}" (${print.slice(0, 12)})`;
  require(saved.fingerprint === fingerprint, CheckpointError, () => ({
    wrong: `The session was saved with the model ${called(saved.name, saved.fingerprint)}, and this one is ${called(model.name, fingerprint)}.`,
    expected: 'the same model: its configuration, fam.json, adapters and weights.',
    remedy: 'restore the session with the model that it was saved with.',
  }));
}

/** Exactly the tensors that are expected, of their shapes and types, and finite. */
function requireTensors(values: NamedValues, wanted: NamedValues): void {
  const describe = (set: NamedValues) =>
    Object.entries(set)
      .map(([name, { shape, values }]) => `${name} ${values.constructor.name} [${shape}]`)
      .sort()
      .join(', ');
  const [held, needed] = [describe(values), describe(wanted)];
  require(held === needed, CheckpointError, () => ({
    wrong: `The session file holds ${held}.`,
    expected: `${needed}.`,
    remedy: 'save the session again; its file does not fit its model.',
  }));
  const broken = Object.keys(values).find((name) => !values[name]!.values.every(Number.isFinite));
  require(broken === undefined, CheckpointError, () => ({
    wrong: `"${broken}" of the session file holds NaN or infinity.`,
    expected: 'finite numbers.',
    remedy: 'go back to a session from before its numbers diverged.',
  }));
}

function requireBytes(bytes: unknown): void {
  const kind = Object.prototype.toString.call(bytes).slice(8, -1);
  require(bytes instanceof Uint8Array, CheckpointError, () => ({
    wrong: `restore() got ${kind === 'String' ? 'a text' : `something of type ${kind}`}.`,
    expected: 'the bytes of save(), a Uint8Array.',
    remedy:
      kind === 'ArrayBuffer'
        ? 'pass the Uint8Array itself: its buffer may hold other bytes too.'
        : kind === 'Promise'
          ? 'await save() first.'
          : 'read the file first.',
  }));
}
