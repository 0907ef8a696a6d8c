/** famjs serve: a model for all clients of OpenAI's API. */
import { Command } from 'commander';
import { addModelOptions, modelHelp } from '../model-options.ts';
import { positiveNumber, wholeNumber } from '../options.ts';
import type { ServeOptions } from '../serve/run.ts';

const help = `${modelHelp}
The API:
  GET /v1/models, POST /v1/chat/completions and POST /v1/completions, as OpenAI
  describes them, with streaming. The base URL is the only line of the standard
  output; a line about each request goes to the standard error. What would
  change a reply and is not done here (tools, n above 1, logprobs, JSON schemas)
  is refused by name.

Conversations:
  A request that names its conversation, by metadata.conversation_id or the
  header X-Conversation-Id, goes on in that conversation's session and memory.
  Clients send the whole list of messages as always: what the session holds
  already is not read again. A list with another past is read from where they
  part, if that is the last turn, or from its beginning. Without a name nothing
  is kept. The prompt of a completion is read behind all that was read before.
  --sessions keeps them: a conversation is saved there when it has been idle, or
  others need its place, and when the server stops; the next goes on from there.

Access:
  The server listens on this machine alone unless --host says otherwise. With a
  key, from FAMJS_API_KEY or --api-key, requests must send it as a bearer token.

Ctrl-C or kill:
  Takes no more requests, gives what is being said ten seconds, saves, ends; a
  second one ends it at once.

Examples:
  famjs serve my-model
  famjs serve my-model --port 0 --sessions sessions --open-sessions 4
  FAMJS_API_KEY=secret famjs serve my-model --host 0.0.0.0
`;

export function serveCommand(): Command {
  const command = new Command('serve')
    .description("answer over HTTP, by OpenAI's chat and completion API")
    .argument('<model>', 'folder, URL or name of the model')
    .option('--host <address>', 'where it listens; 0.0.0.0 for everybody', '127.0.0.1')
    .option('--port <n>', 'its port; 0 for any that is free', wholeNumber('--port', 0, 65535), 8080)
    .option('--api-key <key>', 'what requests must send (default: FAMJS_API_KEY, or none)')
    .option('--cors <origin>', 'pages of this origin may call; * for all; several times', collect)
    .option('--sessions <folder>', 'where conversations are saved')
    .option(
      '--open-sessions <n>',
      'conversations in memory, at most',
      wholeNumber('--open-sessions', 1, 1e6),
      8,
    )
    .option('--idle <minutes>', 'until a conversation is put away', positiveNumber('--idle'), 10)
    .option('--queue <n>', 'requests that wait, at most', wholeNumber('--queue', 0, 1e6), 16)
    .option('--max-tokens <n>', 'of a reply, at most', wholeNumber('--max-tokens', 1, 1e9), 4096)
    .option('--max-body <megabytes>', 'of a request, at most', positiveNumber('--max-body'), 16);
  return addModelOptions(command).addHelpText('after', help).action(start);
}

const collect = (text: string, before: string[] = []) => [...before, text];

async function start(place: string, options: ServeOptions): Promise<void> {
  const { runServer } = await import('../serve/run.ts');
  await runServer(place, options);
}
