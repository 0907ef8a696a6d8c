/** Asks the model, chats with it, or has it go on, as its text comes. */
import { useSignal } from '@preact/signals';
import { choiceOf, numberOf, setParams } from '../../state/url.ts';
import type { Desk, Manner } from './desk.ts';

const manners: Record<Manner, string> = {
  ask: 'Ask: its memory does not hear of it',
  chat: 'Chat: it remembers what is said',
  continue: 'Continue: your words, then its own',
};

export function Talk({ desk }: { desk: Desk }) {
  const question = useSignal('');
  const manner = choiceOf('manner', Object.keys(manners) as Manner[]);
  const most = numberOf('most', 1, 4096, 64);
  const turns = desk.turns.value;
  const busy = desk.busy.value !== undefined;
  const send = (event: Event) => {
    event.preventDefault();
    void desk.talk(manner, question.value, most);
  };
  return (
    <section class="panel talk" aria-labelledby="talk-name">
      <h2 id="talk-name">Questions</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard */}
      <section class="turns" aria-label="What was said" tabIndex={0} hidden={turns.length === 0}>
        <ol aria-live="polite" aria-busy={desk.busy.value === 'writing'}>
          {turns.map(({ question, answer }, at) => (
            <li key={`${at} ${question}`}>
              <p class="question">{question}</p>
              <p class="answer">{answer}</p>
            </li>
          ))}
        </ol>
      </section>
      <form onSubmit={send}>
        <label for="question">Question</label>
        <textarea
          id="question"
          rows={2}
          value={question.value}
          onInput={(event) => {
            question.value = event.currentTarget.value;
          }}
        />
        <div class="row">
          <label for="manner" class="hidden">
            How it is put
          </label>
          <select
            id="manner"
            value={manner}
            onChange={(event) => setParams({ manner: event.currentTarget.value })}
          >
            {Object.entries(manners).map(([name, says]) => (
              <option key={name} value={name} disabled={name === 'chat' && !desk.model.value?.chats}>
                {says}
              </option>
            ))}
          </select>
          <label for="most">tokens at most</label>
          <input
            id="most"
            type="number"
            min={1}
            max={4096}
            value={most}
            onChange={(event) => setParams({ most: event.currentTarget.value })}
          />
          <button type="submit" class="first" disabled={busy}>
            Send
          </button>
          <button type="button" disabled={desk.busy.value !== 'writing'} onClick={desk.stop}>
            Stop
          </button>
        </div>
      </form>
    </section>
  );
}
