/** What a run of the PassKey test found, and what it was run on: the JSON behind the report. */
import type { PassKeyScore } from '@famjs/tasks';
import type { ModelConfig } from '@famjs/zoo';

/** One cell of the table. */
export interface Column extends PassKeyScore {
  /** Tokens between the key and the question. */
  filler: number;
  /** Seconds from the column before to this one. */
  seconds: number;
}

export interface ModelReport {
  name: string;
  /** What kind of model it is, in words. */
  title: string;
  config: ModelConfig;
  /** Numbers that were learned. */
  parameters: number;
  /** SHA-256 of its configuration and of samples of its weights. */
  fingerprint: string;
  /** How many tokens back its last layer's activations can depend on at most; null without end. */
  receptiveField: number | null;
  /** Shortest filler first; those that are done. */
  columns: Column[];
}

export interface PassKeyReport {
  test: 'passkey';
  /** True until every model has been asked at every length. */
  partial: boolean;
  command: string;
  /** ISO 8601, UTC. */
  started: string;
  /** Seconds since then. */
  seconds: number;
  seed: number;
  /** Keys per model and length, none of them seen in training; every model gets the same. */
  keys: number;
  /** How the sentences of the filler are ordered (periodic or shuffled), or the text file that it is from. */
  filler: string;
  /** Whether filler was read on which no answer depends, too. */
  everyToken: boolean;
  /** Lengths to be asked at. */
  fillers: number[];
  backend: { name: string; version: string };
  machine: { processor: string; cores: number; memoryGiB: number; system: string; node: string };
  famjs: string;
  models: ModelReport[];
}
