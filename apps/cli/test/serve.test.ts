/** famjs serve, as OpenAI's own client speaks to it: answers, conversations and their memory, refusals, a full house, the end. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type LanguageModel, loadModel } from '@famjs/zoo';
import * as tf from '@tensorflow/tfjs-core';
import OpenAI, { APIError } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, type ServerOptions, serve } from '../src/serve/server.ts';
import { startFamjs } from './famjs.ts';
import { chatTokens, saveChatModel, temporaryFolder } from './tiny-model.ts';

const { folder, remove } = temporaryFolder();
const place = path.join(folder, 'chatty');
let model: LanguageModel;
const servers: RunningServer[] = [];
const warnings: unknown[] = [];

beforeAll(async () => {
  await saveChatModel(place, [chatTokens.end]);
  model = await loadModel(place);
}, 120_000);
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close(0);
});
afterAll(() => {
  model.dispose();
  remove();
});

const terms: ServerOptions = {
  ...{ host: '127.0.0.1', port: 0, origins: [], queue: 4, most: 4, idle: 600 },
  ...{ mostBytes: 1e5, mostTokens: 64, log: () => {}, warn: (error) => void warnings.push(error) },
};

/** A server, and OpenAI's client of it. */
async function started(options: Partial<ServerOptions> = {}) {
  const server = await serve(model, { ...terms, ...options });
  servers.push(server);
  const client = new OpenAI({ baseURL: server.url, apiKey: options.key ?? 'none', maxRetries: 0 });
  return { server, client };
}

/** What a server does behind its answer, it may do a little later. */
const patient = { timeout: 60_000 };

const user = (content: string) => ({ role: 'user' as const, content });
const assistant = (content: string) => ({ role: 'assistant' as const, content });
const asked = { model: 'chatty', temperature: 0, max_tokens: 12 };

/** What the model says to messages in a session of its own. */
async function said(messages: { role: string; content: string }[], maxTokens = 12): Promise<string> {
  const session = model.session();
  let text = '';
  for await (const piece of session.chat(messages, { maxTokens })) text += piece;
  session.dispose();
  return text;
}

const errorOf = (answer: Promise<unknown>) =>
  answer.then(
    () => {
      throw new Error('this should have failed');
    },
    (error: APIError) => error,
  );

describe('answers', () => {
  test('chats, whole and in pieces, with what that took', async () => {
    const { client } = await started();
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['chatty']);
    expect(await client.models.retrieve('chatty')).toMatchObject({ object: 'model', owned_by: 'famjs' });

    const messages = [user('hello')];
    const whole = await client.chat.completions.create({ ...asked, messages });
    const [choice] = whole.choices;
    expect(choice).toMatchObject({ finish_reason: 'length', message: { role: 'assistant', refusal: null } });
    expect(choice!.message.content).toBe(await said(messages));
    const { prompt_tokens, completion_tokens, total_tokens } = whole.usage!;
    expect([completion_tokens, total_tokens]).toEqual([12, prompt_tokens + 12]);

    const stream_options = { include_usage: true };
    const pieces: string[] = [];
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    const stream = await client.chat.completions.create({ ...asked, messages, stream: true, stream_options });
    for await (const chunk of stream) {
      chunks.push(chunk);
      pieces.push(chunk.choices[0]?.delta.content ?? '');
    }
    expect(pieces.join('')).toBe(choice!.message.content);
    expect(pieces.length).toBeGreaterThan(3);
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  test('ends at a stop string, and draws the same for one seed', async () => {
    const { client } = await started();
    const messages = [user('hello')];
    const text = await said(messages);
    const stop = text.slice(3, 5);
    const stopped = await client.chat.completions.create({ ...asked, messages, stop });
    expect(stopped.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: text.slice(0, text.indexOf(stop)) },
    });
    const drawn = async (seed: number) => {
      const { choices } = await client.chat.completions.create({
        ...asked,
        messages,
        temperature: 1.5,
        seed,
      });
      return choices[0]!.message.content;
    };
    const [one, again, other] = [await drawn(7), await drawn(7), await drawn(8)];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test('writes on from a text or its tokens', async () => {
    const { client } = await started();
    const session = model.session();
    let text = '';
    for await (const piece of session.generate('The moon', { maxTokens: 16 })) text += piece;
    session.dispose();
    const prompt = 'The moon';
    const { choices, usage } = await client.completions.create({ model: 'chatty', temperature: 0, prompt });
    expect(choices[0]).toMatchObject({ text, finish_reason: 'length', index: 0 });
    expect(usage).toMatchObject({ prompt_tokens: 9, completion_tokens: 16 });
    const tokens = model.tokenizer.encode(prompt, { specialTokens: true });
    let streamed = '';
    const order = { model: 'chatty', temperature: 0, prompt: [tokens], stream: true as const };
    for await (const { choices } of await client.completions.create(order)) streamed += choices[0]!.text;
    expect(streamed).toBe(text);
  });
});

describe('conversations', () => {
  test('read what is new, and again from where a list has another past', async () => {
    const { client } = await started();
    const metadata = { conversation_id: 'one' };
    const talk = async (messages: OpenAI.ChatCompletionMessageParam[]) => {
      const { choices, usage } = await client.chat.completions.create({ ...asked, messages, metadata });
      const { cached_tokens } = usage!.prompt_tokens_details!;
      return { reply: choices[0]!.message, held: cached_tokens!, usage: usage! };
    };
    const first = await talk([user('hello')]);
    expect(first.held).toBe(0);
    const list = [user('hello'), first.reply, user('and now?')];
    const second = await talk(list);
    expect(second.held).toBeGreaterThan(first.usage.prompt_tokens);
    expect(second.held).toBeLessThan(second.usage.prompt_tokens);

    // Said anew, cut short, and with another beginning.
    const again = await talk(list);
    expect([again.reply.content, again.held]).toEqual([second.reply.content, second.held]);
    const cut = await talk([...list, assistant('cut'), user('go on')]);
    expect(cut.held).toBe(second.held);
    const other = await talk([user('bye'), ...list.slice(1)]);
    expect(other.held).toBe(0);
    const direct = [user('bye'), assistant(first.reply.content!), user('and now?')];
    expect(other.reply.content).toBe(await said(direct));

    const elsewhere = await client.chat.completions.create(
      { ...asked, messages: list },
      { headers: { 'X-Conversation-Id': 'two' } },
    );
    expect(elsewhere.usage!.prompt_tokens_details!.cached_tokens).toBe(0);
  });

  test('read a text behind what was said', async () => {
    const { client } = await started();
    const metadata = { conversation_id: 'book' };
    const order = { model: 'chatty', prompt: 'It is a truth', max_tokens: 1, temperature: 0 };
    await client.completions.create({ ...order, metadata } as OpenAI.CompletionCreateParamsNonStreaming);
    const { usage } = await client.chat.completions.create({ ...asked, messages: [user('so?')], metadata });
    expect(usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(13);
  });

  test('that are left early hold what was sent, and nothing is left behind', async () => {
    const { client } = await started({ mostTokens: 4000 });
    const metadata = { conversation_id: 'left' };
    const order = { ...asked, max_tokens: 4000, metadata, temperature: 2, seed: 1 };
    const leave = async (messages: OpenAI.ChatCompletionMessageParam[]) => {
      let text = '';
      for await (const chunk of await client.chat.completions.create({ ...order, messages, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? '';
        if (text.length > 6) break;
      }
      return text;
    };
    const text = await leave([user('hello')]);
    const list = [user('hello'), assistant(text), user('go on')];
    const next = await client.chat.completions.create({ ...asked, messages: list, metadata });
    const straight = await said(list);
    const { numTensors } = tf.memory();
    expect(next.choices[0]!.message.content).toBe(straight);
    const all = [...list, next.choices[0]!.message, user('more')];
    await leave(all);
    await client.chat.completions.create({ ...asked, messages: all, metadata });
    await expect.poll(() => tf.memory().numTensors, patient).toBe(numTensors);
    // Without a name nothing stays, however it ends.
    await leave([user('x')]);
    for await (const _ of await client.chat.completions.create({
      ...order,
      messages: [user('x')],
      metadata: {},
      stream: true,
    }))
      break;
    await client.chat.completions.create({ ...asked, messages: [user('y')] });
  });

  test('are put away, and gone on with after the server was started again', async () => {
    const sessions = mkdtempSync(path.join(folder, 'sessions-'));
    const talk = async (client: OpenAI, id: string, messages: OpenAI.ChatCompletionMessageParam[]) => {
      const metadata = { conversation_id: id };
      const { choices, usage } = await client.chat.completions.create({ ...asked, messages, metadata });
      return { reply: choices[0]!.message, held: usage!.prompt_tokens_details!.cached_tokens! };
    };
    const before = tf.memory().numTensors;
    const { client, server } = await started({ folder: sessions, most: 1 });
    const { reply } = await talk(client, '../a', [user('hello')]);
    await talk(client, 'b', [user('hi')]);
    const list = [user('hello'), reply, user('and now?')];
    const { held } = await talk(client, '../a', list);
    expect(held).toBeGreaterThan(0);
    await server.close(0);
    servers.length = 0;
    expect(tf.memory().numTensors).toBe(before);
    const [shelf] = readdirSync(sessions);
    const files = readdirSync(path.join(sessions, shelf!));
    expect(files.map((name) => /^[0-9a-f]{64}\.safetensors$/.test(name))).toEqual([true, true]);

    const next = await started({ folder: sessions, idle: 0.05 });
    expect((await talk(next.client, 'b', [user('hi'), assistant('?'), user('x')])).held).toBe(0);
    const again = await talk(next.client, '../a', [...list, assistant('no such reply'), user('so?')]);
    expect(again.held).toBe(0);
    await expect.poll(() => tf.memory().numTensors, patient).toBe(before);
    for (const name of files) writeFileSync(path.join(sessions, shelf!, name), 'no session');
    expect((await talk(next.client, 'b', [user('hi')])).held).toBe(0);
    expect(warnings.splice(0)).toMatchObject([{ name: 'CheckpointError' }]);
    rmSync(sessions, { recursive: true });
  });
});

describe('refuses', () => {
  const messages = [user('hello')];
  test.each<[string, object, Partial<APIError>]>([
    ['another model', { model: 'gpt' }, { status: 404, code: 'model_not_found', param: 'model' }],
    ['an unknown parameter', { tempreature: 1 }, { code: 'unknown_parameter', param: 'tempreature' }],
    ['several choices', { n: 2 }, { code: 'unsupported_value', param: 'n' }],
    ['tools', { tools: [{ type: 'function' }] }, { code: 'unsupported_value', param: 'tools' }],
    ['JSON', { response_format: { type: 'json_object' } }, { code: 'invalid_value' }],
    ['a wrong value', { temperature: 'hot' }, { code: 'invalid_value', param: 'temperature' }],
    [
      'an image',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      { code: 'invalid_value', param: 'messages[0].content' },
    ],
    ['a message without text', { messages: [{ role: 'user' }] }, { param: 'messages[0].content' }],
    ['too large a body', { messages: [user('x'.repeat(2e5))] }, { status: 413, code: 'body_too_large' }],
  ])('%s, by name', async (_, change, facts) => {
    const { client } = await started();
    const error = await errorOf(client.chat.completions.create({ ...asked, messages, ...change } as never));
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 400, type: 'invalid_request_error', ...facts });
  });

  test('what is no request, and takes what says nothing', async () => {
    const { client, server } = await started();
    const post = (body: string, type = 'application/json') =>
      fetch(`${server.url}/chat/completions`, { method: 'POST', body, headers: { 'content-type': type } });
    expect([(await post('{')).status, (await post('{}', 'text/plain')).status]).toEqual([400, 415]);
    const nowhere = await fetch(`${server.url}/embeddings`);
    expect([nowhere.status, await nowhere.json()]).toMatchObject([404, { error: { code: 'unknown_url' } }]);
    const nothing = {
      n: 1,
      tools: [],
      logprobs: false,
      user: 'me',
      frequency_penalty: 0,
      stop: null,
      response_format: { type: 'text' as const },
    };
    const content = [
      { type: 'text' as const, text: 'hel' },
      { type: 'text' as const, text: 'lo' },
    ];
    const { choices } = await client.chat.completions.create({
      ...asked,
      ...nothing,
      messages: [{ role: 'user', content }],
    });
    expect(choices[0]!.message.content).toBe(await said(messages));
  });

  test('those without the key, by another name, and pages of other sites', async () => {
    const { client, server } = await started({ key: 'secret', origins: ['https://a.example'] });
    expect((await client.models.list()).data).toHaveLength(1);
    const stranger = new OpenAI({ baseURL: server.url, apiKey: 'secreT', maxRetries: 0 });
    expect(await errorOf(stranger.models.list())).toMatchObject({ status: 401, code: 'invalid_api_key' });
    const from = async (origin: string) => {
      const { headers, status } = await fetch(`${server.url}/models`, {
        ...{ method: 'OPTIONS', headers: { origin, 'access-control-request-headers': 'authorization' } },
      });
      return [
        status,
        headers.get('access-control-allow-origin'),
        headers.get('access-control-allow-headers'),
      ];
    };
    expect(await from('https://a.example')).toEqual([204, 'https://a.example', 'authorization']);
    expect(await from('https://b.example')).toEqual([204, null, null]);
    expect(await statusFor(server.url, 'evil.example')).toBe(403);
  });
});

/** The status of a request that was sent to another name. */
async function statusFor(url: string, host: string): Promise<number | undefined> {
  const { get } = await import('node:http');
  return new Promise((resolve, reject) => {
    get(`${url}/models`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

test('sends away who finds the line full, lets others leave it, and serves the rest in turn', async () => {
  const { client } = await started({ queue: 1, mostTokens: 4000 });
  const order = {
    ...asked,
    max_tokens: 4000,
    temperature: 2,
    messages: [user('hello')],
    stream: true as const,
  };
  const first = await client.chat.completions.create(order);
  const leaving = new AbortController();
  const others = ['b', 'c'].map((text) =>
    errorOf(client.chat.completions.create({ ...asked, messages: [user(text)] }, { signal: leaving.signal })),
  );
  // Whichever came later.
  const refused = await Promise.race(others);
  expect(refused).toMatchObject({ status: 429, type: 'rate_limit_error' });
  expect(Number(refused.headers!.get('retry-after'))).toBeGreaterThan(0);
  leaving.abort();
  expect(await Promise.all(others)).toContainEqual(expect.any(OpenAI.APIUserAbortError));
  const fourth = client.chat.completions.create({ ...asked, messages: [user('hello')] });
  for await (const _ of first) break;
  expect((await fourth).choices[0]!.message.content).toBe(await said([user('hello')]));
});

test('an end in the middle of a reply is told, and what was sent is kept', async () => {
  const sessions = mkdtempSync(path.join(folder, 'sessions-'));
  const { client, server } = await started({ folder: sessions, mostTokens: 4000 });
  const metadata = { conversation_id: 'cut' };
  const order = { ...asked, max_tokens: 4000, temperature: 2, messages: [user('hello')], metadata };
  let text = '';
  const reading = (async () => {
    for await (const { choices } of await client.chat.completions.create({ ...order, stream: true })) {
      text += choices[0]?.delta.content ?? '';
      if (text.length > 4 && servers.length > 0) void servers.shift()!.close(0);
    }
  })();
  expect(await errorOf(reading)).toMatchObject({ code: 'shutting_down' });
  await server.close(0).catch(() => {});
  const again = await started({ folder: sessions });
  const list = [user('hello'), assistant(text), user('go on')];
  const { usage } = await again.client.chat.completions.create({ ...asked, messages: list, metadata });
  expect(usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(text.length);
});

test('famjs serve runs until a signal, with the model in a worker', async () => {
  const run = startFamjs(
    ['serve', place, '--port', '0', '--sessions', 'kept', '--backend', 'wasm', '--api-key', 'secret'],
    folder,
  );
  const url = await new Promise<string>((resolve, reject) => {
    run.process.stdout!.once('data', (data) => resolve(String(data).trim()));
    void run.ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  const client = new OpenAI({ baseURL: url, apiKey: 'secret', maxRetries: 0 });
  const metadata = { conversation_id: 'c' };
  const { choices } = await client.chat.completions.create({ ...asked, messages: [user('hello')], metadata });
  expect(choices[0]!.message.content).toBe(await said([user('hello')]));
  run.process.kill('SIGTERM');
  const { status, stdout, stderr } = await run.ended;
  expect([status, stdout]).toEqual([0, `${url}\n`]);
  expect(stderr).toContain('POST /v1/chat/completions 200');
  expect(stderr).not.toContain('secret');
  expect(readdirSync(path.join(folder, 'kept'))).toHaveLength(1);
});
