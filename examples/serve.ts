/** A conversation over HTTP by OpenAI's own client, one answer of which is stopped in its middle. `famjs serve` answers it. */
import OpenAI from 'openai';

const baseURL = process.argv[2] ?? 'http://127.0.0.1:8080/v1'; // what famjs serve prints
const client = new OpenAI({ baseURL, apiKey: process.env.FAMJS_API_KEY ?? 'none' });
const [model] = (await client.models.list()).data;

const messages: OpenAI.ChatCompletionMessageParam[] = [];
const order = { model: model!.id, temperature: 0, max_tokens: 40, stream: true } as const;

async function say(content: string, stopAt?: string): Promise<void> {
  console.log(`> ${content}`);
  messages.push({ role: 'user', content });
  const metadata = { conversation_id: 'fruits' }; // goes on in this session
  let answer = '';
  for await (const { choices } of await client.chat.completions.create({ ...order, messages, metadata })) {
    answer += choices[0]?.delta.content ?? '';
    if (stopAt && answer.includes(stopAt)) break; // closes the connection: the model stops there
  }
  console.log(answer);
  messages.push({ role: 'assistant', content: answer });
}

await say('Name three fruits.', 'Oranges');
await say('Which colour is the first one?');
await say('Name three animals.');
