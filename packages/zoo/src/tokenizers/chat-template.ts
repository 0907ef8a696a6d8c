/** A chat as the text that its model was trained on: the Jinja template that came with the model, as `transformers` renders it. */
import { ChatTemplateError, require } from '@famjs/backends';
import type { JinjaLimits } from './bounded-jinja.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface ChatMessage {
  /** Who says it, in the words of the template: `system`, `user`, `assistant`. */
  role: string;
  content: string;
}

export interface ChatRendering {
  messages: readonly ChatMessage[];
  /** Whether the text ends where the model's reply begins. */
  reply: boolean;
  /** What templates that say the date take for it, in milliseconds since 1970, UTC. */
  time: number;
}

/** What a template may take: its text may be so much longer than what the messages say, and go over so many times as much. */
const limitsFor = (messages: readonly ChatMessage[]): JinjaLimits => {
  const said = messages.reduce((sum, { role, content }) => sum + role.length + content.length + 100, 0);
  return { work: 20_000_000 + 1000 * said, characters: 200_000 + 4 * said };
};

/**
 * The text of a chat by its tokenizer's template.
 *
 * @throws ChatTemplateError when there is none, or it fails, refuses the messages, or takes too many steps or too much space
 */
export async function renderChat(
  { chatTemplate, specialTokens }: Tokenizer,
  { messages, reply, time }: ChatRendering,
  limits = limitsFor(messages),
): Promise<string> {
  require(chatTemplate !== undefined, ChatTemplateError, () => ({
    wrong: 'The tokenizer of this model has no chat template.',
    expected: 'a chat_template in tokenizer_config.json, or the file chat_template.jinja.',
    remedy: 'use a model that was trained to chat, or call generate() with a prompt of your own.',
  }));
  const tokens = Object.entries(specialTokens).map(([name, token]) => [`${name}_token`, token]);
  const variables = {
    ...Object.fromEntries(tokens),
    messages,
    add_generation_prompt: reply,
    strftime_now: (format: unknown) => dateIn(String(format), new Date(time)),
  };
  const { parseJinja } = await import('./bounded-jinja.ts'); // Pages that do not chat do without.
  try {
    return parseJinja(chatTemplate).render(variables, limits);
  } catch (cause) {
    const complaint = {
      wrong: `The chat template does not take these messages: ${(cause as Error).message}.`,
      expected:
        'messages in the order and of the roles that the template knows, and a template that ends soon.',
      remedy: 'read the template (tokenizer.chatTemplate), and give it other messages.',
    };
    throw new ChatTemplateError(complaint, { cause });
  }
}

const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Python's strftime in its C locale, in UTC: what templates use of it. */
function dateIn(format: string, date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const [month, day] = [months[date.getUTCMonth()]!, days[date.getUTCDay()]!];
  const parts: Record<string, string> = {
    ...{ Y: String(date.getUTCFullYear()), m: two(date.getUTCMonth() + 1), d: two(date.getUTCDate()) },
    ...{ H: two(date.getUTCHours()), M: two(date.getUTCMinutes()), S: two(date.getUTCSeconds()) },
    ...{ B: month, b: month.slice(0, 3), A: day, a: day.slice(0, 3), '%': '%' },
  };
  return format.replace(/%(.)/g, (whole, letter) => parts[letter] ?? whole);
}
