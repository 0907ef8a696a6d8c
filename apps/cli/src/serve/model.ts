/** What the server needs of a model, in whatever thread it lies. */
import type { ChatMessage, ChatOptions, GenerateOptions, ReadInput, Written } from '@famjs/zoo';

export type Texts = AsyncGenerator<string, Written | undefined, undefined>;

export interface ServedSession {
  readonly length: number;
  readonly messages: readonly ChatMessage[];
  chat(messages: readonly ChatMessage[], options: ChatOptions): Texts;
  generate(prompt: ReadInput, options: GenerateOptions): Texts;
  fork(): ServedSession;
  save(): Promise<Uint8Array>;
  dispose(): void;
}

export interface ServedModel {
  readonly name: string;
  fingerprint(): Promise<string>;
  session(): ServedSession;
  restore(bytes: Uint8Array): Promise<ServedSession>;
}
