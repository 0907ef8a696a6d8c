/** Templates say what Jinja says, and no stranger's template takes the thread or the memory. */
import { ChatTemplateError } from '@famjs/backends';
import { describe, expect, test } from 'vitest';
import { type ChatMessage, renderChat } from './chat-template.ts';
import { loadTokenizer } from './tokenizer.ts';

const tokenizerJson = { model: { type: 'WordLevel', vocab: { '<s>': 0, '</s>': 1 } } };
const tokenizerOf = (chat_template?: string) =>
  loadTokenizer(tokenizerJson, { bos_token: '<s>', eos_token: '</s>', chat_template });
const time = Date.UTC(2026, 2, 7, 23, 59);
const hello: ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hello' },
];

const render = (template: string, messages = hello, limits?: { work: number; characters: number }) =>
  renderChat(tokenizerOf(template), { messages, reply: true, time }, limits);

const chatml =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message.content + '<|im_end|>' + '\n'}}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

describe('a chat template', () => {
  test('is given the messages, the special tokens, and whether a reply is wanted', async () => {
    expect(await render(chatml)).toBe(
      '<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n',
    );
    const done = await renderChat(tokenizerOf(chatml), { messages: hello.slice(1), reply: false, time });
    expect(done).toBe('<|im_start|>user\nHello<|im_end|>\n');
    expect(await render('{{ bos_token }}{{ messages[1].content | trim }}{{ eos_token }}')).toBe(
      '<s>Hello</s>',
    );
  });

  test('has the time of its chat, whatever the clock and the country say', async () => {
    const dates = '{{ strftime_now("%d %b %Y") }}, {{ strftime_now("%A %H:%M %%%q") }}';
    expect(await render(dates)).toBe('07 Mar 2026, Saturday 23:59 %%q');
  });

  test('says why it refuses messages', async () => {
    const refuse = () => render('{{ raise_exception("Roles must alternate") }}');
    await expect(refuse()).rejects.toThrow(ChatTemplateError);
    await expect(refuse()).rejects.toThrow('does not take these messages: Roles must alternate.');
  });

  test('that is missing is missed', async () => {
    const missing = () => renderChat(tokenizerOf(), { messages: hello, reply: true, time });
    await expect(missing()).rejects.toThrow(ChatTemplateError);
    await expect(missing()).rejects.toThrow('has no chat template');
  });

  test('goes over long chats, and repeats what they say', async () => {
    const long = Array.from({ length: 2000 }, (_, i) => ({ role: 'user', content: `${i} `.repeat(50) }));
    expect(await render(chatml, long)).toContain('1999 1999');
    const book = [{ role: 'user', content: 'a {} word '.repeat(100_000) }];
    expect(await render("{{ messages[0].content | replace('{}', 'new') }}", book)).toHaveLength(1_100_000);
    expect(await render("{{ messages[0]['content'].replace('word', '') }}", book)).toHaveLength(600_000);
  });
});

/** What a template may take in these tests. */
const tight = { work: 5_000_000, characters: 100_000 };

describe('a hostile template', () => {
  test.each<[string, string]>([
    ['loops for ever', '{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}'],
    ['counts too far', '{{ range(1000000000) | length }}'],
    ['counts without end', '{{ range(0, 10, -0) }}{% for i in range(0, 100, 1e-9) %}{% endfor %}'],
    [
      'doubles a text',
      `{% set ns = namespace(x='ab') %}${'{% set ns.x = ns.x ~ ns.x %}'.repeat(40)}{{ ns.x }}`,
    ],
    ['doubles a text by +', `{% set x = 'ab' %}${'{% set x = x + x %}'.repeat(40)}{{ x }}`],
    ['doubles a list', `{% set x = ['ab'] %}${'{% set x = [x, x] %}'.repeat(40)}{{ x }}`],
    ['doubles an object', `{% set x = {} %}${"{% set x = {'a': x, 'b': x} %}".repeat(40)}{{ x == 'a' }}`],
    [
      'doubles a list in a namespace behind its back',
      `${Array.from({ length: 41 }, (_, i) => `{% set n${i} = namespace() %}{% set l${i} = [n${i}] %}`).join('')}` +
        `${Array.from({ length: 40 }, (_, i) => `{% set n${i + 1}.a = n${i} %}{% set n${i + 1}.b = l${i} %}`).join('')}{{ l40 }}`,
    ],
    ['holds itself', '{% set n = namespace() %}{% set n.a = n %}{{ n }}'],
    ['calls itself', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
    ['multiplies by replace', `{% set x = '${'a'.repeat(9000)}' %}{{ x.replace('a', x) | length }}`],
    ['multiplies by a filter', `{% set x = '${'a'.repeat(9000)}' %}{{ x | replace('', x) | length }}`],
    ['multiplies by a name', `{% set x = '${'a'.repeat(9000)}' %}{{ x['rep' + 'lace']('a', x) | length }}`],
    ['multiplies by join', `{% set x = '${'a'.repeat(9000)}' %}{{ range(9000) | join(x) | length }}`],
    ['indents', "{{ 'a\\nb' | indent(1000000000) | length }}"],
    ['indents JSON', '{{ [1, [2, [3]]] | tojson(indent=1000000000) | length }}'],
    ['separates JSON', `{{ range(9000) | tojson(separators=('${'a'.repeat(9000)}', ':')) | length }}`],
    ['is deep', `{{ ${'('.repeat(30_000)}1${')'.repeat(30_000)} }}`],
    ['is deep in its values', `{% set x = [] %}${'{% set x = [x] %}'.repeat(80)}{{ x }}`],
    ['is empty', ' '.repeat(90_000)],
    ['is not closed', '{% for i in range(3) %}'],
    ['reaches for JavaScript', "{{ messages.constructor.constructor('return 1')() }}"],
  ])('that %s is stopped', async (_, template) => {
    await expect(render(template, hello, tight)).rejects.toThrow(ChatTemplateError);
  });

  const list = '{% set x = range(9000) %}';
  const text = `{% set x = '${'a'.repeat(9000)}' %}`;
  const often = (body: string) => `{% for i in range(9000) %}${body}{% endfor %}`;
  test.each<[string, string]>([
    ['goes over a list', list + often('{% for j in x %}{% endfor %}')],
    ['chooses from a list', list + often('{% for j in x if false %}{% endfor %}')],
    ['searches a list', list + often("{{ '' if 'a' in x }}")],
    ['searches a text', text + often("{{ '' if 'b' in x }}")],
    ['adds to a list', list + often('{% set y = x + [1] %}')],
    ['joins nothings', `{% set x = '${','.repeat(9000)}'.split(',') %}${often('{{ x | join }}')}`],
    ['sorts', `${list}{{ x | sort }}`.repeat(400)],
    ['writes a list', list + '{{ x }}'.repeat(9000)],
    ['cuts a text', text + often("{% set y = x.split('a') %}")],
    [
      'looks into a namespace',
      `{% set n = namespace(x=range(9000)) %}${often('{% set y = n.x[0] %}{{ n }}')}`,
    ],
  ])('that %s again and again takes too many steps, on any machine', async (_, template) => {
    await expect(render(template, hello, tight)).rejects.toThrow('it takes too many steps');
  });

  test('that is good takes what its chat says: work grows as the chat does', async () => {
    const turns = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ role: 'user', content: `${i} `.repeat(50) }));
    const work = 8_000_000;
    expect(await render(chatml, turns(1000), { work, characters: 1_000_000 })).toContain('999 999');
    await expect(render(chatml, turns(4000), { work, characters: 4_000_000 })).rejects.toThrow(
      'too many steps',
    );
  });
});
