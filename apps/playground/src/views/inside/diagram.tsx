/** Blocks and memory as the paper draws them (Fig. 4): each block sees FAM, and hands a new one to the next. */
import { percent } from '../../format.ts';

interface Props {
  /** The block that is looked at. */
  block: number;
  /** Share of their attention that tokens give to FAM; undefined while the block was not read. */
  reads: number | undefined;
  /** Share of their attention that FAM queries give to FAM itself. */
  keeps: number | undefined;
}

const WIDE = 132;
const GAP = 28;

export function Diagram({ block, reads, keeps }: Props) {
  const shown = [block - 1, block, block + 1];
  const left = (i: number) => 20 + i * (WIDE + GAP);
  const thick = (share = 0) => 1 + 7 * share;
  const takes = keeps === undefined ? undefined : 1 - keeps;
  const said = (share: number | undefined) => (share === undefined ? '–' : percent(share));
  return (
    <figure class="diagram">
      <svg viewBox="0 0 500 190" role="img" aria-labelledby="diagram-text">
        <title id="diagram-text">
          Block {block + 1} reads FAM with {said(reads)} of its attention. FAM is updated from itself with{' '}
          {said(keeps)} and from the block with {said(takes)}.
        </title>
        <defs>
          <marker
            id="tip"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="9"
            markerHeight="9"
            orient="auto"
            markerUnits="userSpaceOnUse"
          >
            <path d="M0 0 8 4 0 8z" class="tip" />
          </marker>
        </defs>
        {shown.map((index, i) => (
          <g key={index} class={index === block ? 'now' : 'other'} opacity={index < 0 ? 0 : 1}>
            <rect class="block" x={left(i)} y="112" width={WIDE} height="46" rx="8" />
            <text x={left(i) + WIDE / 2} y="140">
              block {index + 1}
            </text>
            <rect class="fam" x={left(i) + WIDE - 46} y="26" width="46" height="34" rx="8" />
            <text x={left(i) + WIDE - 23} y="47" class="in-fam">
              FAM
            </text>
          </g>
        ))}
        {/* New ones for another block, so that they flow anew. */}
        <g key={block}>
          <path
            pathLength={1}
            class="flow keeps"
            d={`M${left(0) + WIDE} 43 H${left(1) + WIDE - 54}`}
            stroke-width={thick(keeps)}
            marker-end="url(#tip)"
          />
          <path
            pathLength={1}
            class="flow takes"
            d={`M${left(1) + WIDE - 23} 112 V66`}
            stroke-width={thick(takes)}
            marker-end="url(#tip)"
          />
          <path
            pathLength={1}
            class="flow reads"
            d={`M${left(0) + WIDE - 8} 60 C${left(0) + WIDE + 6} 100 ${left(1) - 6} 128 ${left(1) - 4} 132`}
            stroke-width={thick(reads)}
            marker-end="url(#tip)"
          />
          <path
            pathLength={1}
            class="flow next"
            d={`M${left(1) + WIDE} 43 H${left(2) + WIDE - 54}`}
            stroke-width="1.5"
            marker-end="url(#tip)"
          />
        </g>
        <text class="note" x={left(1) - 4} y="18">
          keeps {said(keeps)}
        </text>
        <text class="note" x={left(1) + WIDE - 16} y="94">
          takes in {said(takes)}
        </text>
        <text class="note" x={left(1) - 4} y="180">
          reads FAM with {said(reads)}
        </text>
      </svg>
    </figure>
  );
}
