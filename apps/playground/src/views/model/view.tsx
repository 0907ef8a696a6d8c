/** Your own text and a real model: load one, read a document, ask, and take its memory along. */
import './model.css';
import { useEffect, useMemo } from 'preact/hooks';
import { Notice } from '../../components/notice.tsx';
import { Part, Term } from '../../components/term.tsx';
import { Arriving } from './arriving.tsx';
import { Charts } from './charts.tsx';
import { openDesk } from './desk.ts';
import { Memory } from './memory.tsx';
import { Picker } from './picker.tsx';
import { Reading } from './reading.tsx';
import { Talk } from './talk.tsx';

export function ModelView() {
  const desk = useMemo(openDesk, []);
  useEffect(() => desk.leave, []);
  const loaded = desk.model.value !== undefined;
  // Parts come with a model.
  const term = (of: string, words: string) => (loaded ? <Term of={of}>{words}</Term> : words);
  return (
    <div class="view own">
      <div class="title">
        <h1>Your own text, a model of your choice</h1>
        <p>
          The model runs in a worker of this page. Give it {term('text', 'a document of any length')}: what it
          keeps of it is its memory, {term('size', 'whose size does not depend on the text')}, and which{' '}
          {term('memory', 'you can save and go on from elsewhere')}.
        </p>
      </div>
      <Picker desk={desk} />
      <Notice failure={desk.failure.value} />
      <Arriving desk={desk} />
      {loaded && (
        <>
          <Part of="text">
            <Reading desk={desk} />
          </Part>
          <Talk desk={desk} />
          <Charts desk={desk} />
          <Part of="memory">
            <Memory desk={desk} />
          </Part>
        </>
      )}
    </div>
  );
}
