/** Words that light up the part of the picture they speak of, and are lit when it is pointed at. */
import './term.css';
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

/** What is pointed at: a name that words and parts share. */
const pointedAt = signal<string | undefined>(undefined);

const handlers = (name: string) => {
  const on = () => {
    pointedAt.value = name;
  };
  const off = () => {
    pointedAt.value = undefined;
  };
  return { onPointerEnter: on, onPointerLeave: off, onFocus: on, onBlur: off };
};

export function Term({ of, children }: { of: string; children: ComponentChildren }) {
  const show = (event: Event) => {
    event.preventDefault();
    document.querySelector(`[data-part="${of}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  return (
    <a
      href={location.hash || '#/'}
      class={pointedAt.value === of ? 'term pointed' : 'term'}
      onClick={show}
      {...handlers(of)}
    >
      {children}
    </a>
  );
}

/** What makes an element a part of the picture, besides other classes that it has. */
export function partOf(of: string, others = '') {
  const { onPointerEnter, onPointerLeave, onFocus, onBlur } = handlers(of);
  return {
    'data-part': of,
    class: pointedAt.value === of ? `${others} pointed` : others,
    ...{ onPointerEnter, onPointerLeave, onFocusIn: onFocus, onFocusOut: onBlur },
  };
}

/** A part of the picture. */
export function Part({ of, children }: { of: string; children: ComponentChildren }) {
  return <div {...partOf(of, 'part')}>{children}</div>;
}
