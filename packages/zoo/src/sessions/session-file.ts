/**
 * A session in bytes: a safetensors file with everything that the next call needs, and the fingerprint of its model. Nothing of
 * it is taken on trust: a digest, a schema, then shapes and ranges, all before a tensor is made.
 */
import { CheckpointError, require, tidied } from '@famjs/backends';
import { compactState, disposeState, keepState, stateOf, stateTensors } from '@famjs/layer';
import * as z from 'zod';
import { openSealed, requireTensors, sealTensors } from '../formats/sealed.ts';
import { uploadValues } from '../formats/tensors.ts';
import { mapValues } from '../formats/values.ts';
import type { NamedModel } from '../named-model.ts';
import { parsed } from '../parsed.ts';
import { chatSchema } from './chat.ts';
import { type Place, recentTokens } from './place.ts';
import { countsOf, shapesOfState, stateCountsSchema } from './state-notes.ts';

const hex = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256');
const kind = 'session';
const file = 'The session file';
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
      state: stateCountsSchema,
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
      chat: chatSchema.optional(),
    })
    .strict();

/** The bytes of a session's place. */
export async function packPlace(
  { state, last, recent, chat }: Place,
  model: NamedModel,
): Promise<Uint8Array> {
  const { fam } = model.config;
  const fingerprint = await model.fingerprint();
  const compact = tidied(() => keepState(compactState(state, fam.memorySegments * fam.blockSize)));
  const notes = {
    version: 1,
    model: { name: model.name, fingerprint },
    state: countsOf(compact),
    recent,
    ...(chat && { chat }),
  };
  const tensors = { ...stateTensors(compact), ...(last && { last }) };
  return sealTensors(kind, notes, tensors).finally(() => disposeState(compact));
}

/**
 * The place of `packPlace`, on the current backend and in the caller's hands.
 *
 * @throws CheckpointError when the bytes are damaged, are no session, or come from another model, which is named
 */
export async function unpackPlace(bytes: Uint8Array, model: NamedModel): Promise<Place> {
  requireBytes(bytes);
  const { notes: content, values } = await openSealed(bytes, kind, file);
  await requireModel(parsed(headSchema, content, file, CheckpointError, expected).model, model);
  const { state, recent, chat } = parsed(notesSchema(model), content, file, CheckpointError, expected);
  const [first] = state.rows as [(typeof state.rows)[0]];
  const began = first.blocks + state.filled > 0;
  const { config } = model;
  const shapes = {
    ...shapesOfState(config, state),
    ...(began && { last: [state.rows.length, config.width] }),
  };
  requireTensors(
    values,
    mapValues(shapes, (shape) => ({ shape })),
    file,
  );
  require(recent.length === state.rows.length, CheckpointError, () => ({
    wrong: `The session file has the tokens of ${recent.length} rows, and the memory of ${state.rows.length}.`,
    expected: 'as many of both.',
    remedy: 'save the session again; its file does not fit its model.',
  }));
  const { last, ...held } = uploadValues(values);
  return { state: stateOf(state, config.layers, held), last, recent, chat };
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
