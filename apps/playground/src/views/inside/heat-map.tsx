/** Who attends to what in one block: a row a query, a column a key, darker where more attention goes. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { percent } from '../../format.ts';
import { repaint } from '../../state/theme.ts';

interface Props {
  /** [size, size] */
  heat: Float32Array;
  size: number;
  F: number;
  words: readonly string[];
}

interface Choosing {
  /** The cell whose value is said unless another is pointed at, as `row.key`, both from 1 on. */
  chosen: string | undefined;
  onChoose(cell: string): void;
}

const CELL = 8;
type Cell = readonly [row: number, key: number];

function cellOf(name = '', size: number): Cell | undefined {
  const [, row, key] = /^(\d{1,4})[.](\d{1,4})$/.exec(name) ?? [];
  const cell = [Number(row) - 1, Number(key) - 1] as const;
  return cell.every((place) => place >= 0 && place < size) ? cell : undefined;
}

export function HeatMap({ heat, size, F, words, chosen, onChoose }: Props & Choosing) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const pointed = useSignal<Cell | undefined>(undefined);
  const C = size - F;
  const [row, key] = pointed.value ?? cellOf(chosen, size) ?? [C - 1, 0];
  const painted = repaint.value;
  useEffect(() => {
    paint(canvas.current!, heat, size, F);
  }, [heat, size, F, painted]);

  const point = ({ offsetX, offsetY, currentTarget }: PointerEvent) => {
    const { clientWidth } = currentTarget as HTMLElement;
    const at = (offset: number) => Math.min(size - 1, Math.max(0, Math.floor((offset / clientWidth) * size)));
    pointed.value = [at(offsetY), at(offsetX)];
  };
  const unpoint = () => {
    pointed.value = undefined;
  };
  // Not as often as a pointer moves or a key repeats: browsers bear few changes of the address a second.
  const choose = () => {
    if (!pointed.value) return;
    onChoose(pointed.value.map((place) => place + 1).join('.'));
    pointed.value = undefined;
  };
  const moved = (event: KeyboardEvent) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const within = (value: number) => Math.min(size - 1, Math.max(0, value));
    pointed.value = [within(row + step[0]!), within(key + step[1]!)];
  };
  const queryName = row < C ? `“${words[row]}”` : `FAM query ${row - C + 1}`;
  const keyName = key < F ? `FAM ${key + 1}` : `“${words[key - F]}”`;
  return (
    <div class="heat">
      <div
        class="heat-box"
        role="img"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read values from it
        tabIndex={0}
        aria-label="Attention of this block: a row a query, a column a key. Arrow keys move from cell to cell."
        onPointerMove={point}
        onPointerDown={point}
        onPointerUp={choose}
        onPointerLeave={unpoint}
        onKeyDown={moved}
        onKeyUp={choose}
      >
        <canvas ref={canvas} width={size * CELL} height={size * CELL} />
        <i
          class="heat-cell"
          style={{
            width: `${100 / size}%`,
            height: `${100 / size}%`,
            transform: `translate(${100 * key}%, ${100 * row}%)`,
          }}
        />
      </div>
      <p class="readout" role="status">
        <b>{percent(heat[row * size + key]!)}</b> {`of the attention of ${queryName} goes to ${keyName}`}
      </p>
      <Strongest {...{ heat, size, F, words, row, queryName }} />
    </div>
  );
}

/** The keys that a query attends to most: the picture's row as a table. */
function Strongest({ heat, size, F, words, row, queryName }: Props & { row: number; queryName: string }) {
  const keys = Array.from({ length: size }, (_, key) => ({ key, share: heat[row * size + key]! }))
    .sort((a, b) => b.share - a.share)
    .slice(0, 8);
  return (
    <details class="chart-table">
      <summary>Table</summary>
      <table>
        <caption class="small quiet">What {queryName} attends to most</caption>
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Attention</th>
          </tr>
        </thead>
        <tbody>
          {keys.map(({ key, share }) => (
            <tr key={key}>
              <th scope="row">{key < F ? `FAM ${key + 1}` : `${key - F + 1}. ${words[key - F]}`}</th>
              <td>{(100 * share).toFixed(1)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function paint(canvas: HTMLCanvasElement, heat: Float32Array, size: number, F: number): void {
  const brush = canvas.getContext('2d')!;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  brush.fillStyle = colour('--sunk');
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.fillStyle = style.color;
  for (let row = 0; row < size; row++) {
    for (let key = 0; key < size; key++) {
      // The square root shows small shares too.
      brush.globalAlpha = Math.sqrt(heat[row * size + key]!);
      brush.fillRect(key * CELL, row * CELL, CELL, CELL);
    }
  }
  brush.globalAlpha = 1;
  brush.fillStyle = colour('--quiet');
  brush.fillRect(F * CELL - 1, 0, 1, canvas.height);
  brush.fillRect(0, (size - F) * CELL - 1, canvas.width, 1);
}
