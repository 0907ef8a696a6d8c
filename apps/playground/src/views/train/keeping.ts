/** The training that survives a reload: its checkpoint and what was drawn, in the file system of the page (OPFS). */
import type { Recall, StepNews, TrainChoices } from './events.ts';

const folderName = 'playground-training';
const folder = async () =>
  (await navigator.storage.getDirectory()).getDirectoryHandle(folderName, { create: true });

/** What is kept beside the trainer's own file. */
export interface KeptNotes {
  choices: TrainChoices;
  history: readonly StepNews[];
  recalls: readonly Recall[];
}

/** Replaces what is kept, as a whole: the notes name the checkpoint, and it is written first. */
export async function keepTraining(notes: KeptNotes, step: number, checkpoint: Uint8Array): Promise<void> {
  const into = await folder();
  const file = `checkpoint-${step}`;
  await write(into, file, checkpoint as BufferSource);
  await write(into, 'notes.json', JSON.stringify({ ...notes, file }));
  for await (const name of into.keys()) {
    if (name.startsWith('checkpoint-') && name !== file) await into.removeEntry(name);
  }
}

async function write(
  into: FileSystemDirectoryHandle,
  name: string,
  content: BufferSource | string,
): Promise<void> {
  const writer = await (await into.getFileHandle(name, { create: true })).createWritable();
  await writer.write(content);
  await writer.close();
}

/** What is kept of a training with these choices; undefined when there is nothing, or another one. */
export async function keptTraining(
  choices: TrainChoices,
): Promise<{ notes: KeptNotes; checkpoint: Uint8Array } | undefined> {
  try {
    const from = await folder();
    const bytesOf = async (name: string) => (await from.getFileHandle(name)).getFile();
    const notes = JSON.parse(await (await bytesOf('notes.json')).text()) as KeptNotes & { file: string };
    if (JSON.stringify(notes.choices) !== JSON.stringify(choices)) return undefined;
    const checkpoint = new Uint8Array(await (await bytesOf(notes.file)).arrayBuffer());
    return { notes, checkpoint };
  } catch {
    return undefined;
  }
}

export async function forgetTraining(): Promise<void> {
  await (await navigator.storage.getDirectory()).removeEntry(folderName, { recursive: true }).catch(() => {});
}
