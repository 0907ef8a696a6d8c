/** The runs of the memory that ships are ones that `famjs train` takes, and its chats answer the questions that are kept beside them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseRunFile } from '@famjs/tasks';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (name: string) => readFileSync(path.join(import.meta.dirname, name), 'utf8');
const lines = (name: string) => read(name).trim().split('\n');

test.each(readdirSync(import.meta.dirname).filter((name) => name.endsWith('.yaml')))('%s', (name) => {
  const { memory, fam, train } = parseRunFile(parse(read(name)), name);
  expect(train).toBe('lora');
  if (fam?.variant === 'bswa') expect(memory).toBeUndefined();
  else expect(memory).toMatch(/runs\/.+-seed0\/memory$/);
});

test('chats.jsonl', () => {
  const asked = new Set([...lines('questions.txt'), ...lines('lists.txt')]);
  for (const line of lines('chats.jsonl')) {
    const { messages } = JSON.parse(line);
    expect(messages).toEqual([
      { role: 'user', content: expect.any(String) },
      { role: 'assistant', content: expect.stringMatching(/./) },
    ]);
    expect(asked).toContain(messages[0].content);
  }
});
