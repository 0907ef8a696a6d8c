/** A few numbers with their names, side by side. */
import './figures.css';
import type { ComponentChildren } from 'preact';

export interface Figure {
  name: string;
  value: ComponentChildren;
  note?: string | undefined;
}

export function Figures({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl class="figures">
      {figures.map(({ name, value, note }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          {note && <dd class="note">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}
