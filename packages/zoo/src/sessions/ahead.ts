/**
 * Looking ahead: while a GPU hands over the logits of the next token, it reads the likeliest one, which nobody knows yet. It is
 * a guess: what the logits say on the processor is what counts.
 */
import { onDevice, submitWork, tidied } from '@famjs/backends';
import * as tf from '@tensorflow/tfjs-core';
import { logitsOf } from '../model.ts';
import { disposePlace, type Place, rowsOf } from './place.ts';
import { logitsAt, type Reader, readChunk, takeValues, withRecent } from './reading.ts';

/** What is known of the next token. */
export interface Outlook {
  /** Its logits, one [V] a row. */
  logits: Float32Array[];
  /** The likeliest token of every row as the device found it, and the place after them, which is the caller's. */
  guess?: { tokens: number[][]; place: Place };
}

/**
 * The logits at a place, and with `ahead` a guess; undefined before the first token.
 *
 * @throws NonFiniteError when a logit is NaN
 */
export async function outlook(reader: Reader, place: Place, ahead: boolean): Promise<Outlook | undefined> {
  if (ahead && place.last) return lookAhead(reader, place, place.last);
  const logits = await logitsAt(reader.model, place);
  return logits && { logits };
}

async function lookAhead(reader: Reader, place: Place, last: tf.Tensor): Promise<Outlook> {
  const rows = rowsOf(place);
  let next: Place | undefined;
  const look = async () => {
    const { reading } = tidied(() => {
      const logits = logitsOf(reader.model, last);
      const likeliest = tf.reshape(tf.argMax(logits, -1), [rows, 1]);
      // The read begins here, so that it does not wait for what comes after it. The guess goes with it.
      const reading = takeValues(tf.keep(tf.concat([logits, tf.cast(likeliest, 'float32')], 1)));
      reading.catch(() => undefined); // It is awaited below, unless the next line fails first.
      next = readChunk(reader, place, likeliest, true, false).next;
      submitWork();
      return { reading };
    });
    const values = await reading;
    const size = values.length / rows;
    const read = Array.from({ length: rows }, (_, b) => values.slice(b * size, (b + 1) * size));
    const tokens = read.map((row) => [row.at(-1)!]);
    return {
      logits: read.map((row) => row.subarray(0, -1)),
      guess: { tokens, place: withRecent(next!, tokens) },
    };
  };
  try {
    return await onDevice(look);
  } catch (error) {
    if (next) disposePlace(next);
    throw error;
  }
}
