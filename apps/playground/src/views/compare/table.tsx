/** The table of what was found, a backend a row. */
import { partOf } from '../../components/term.tsx';
import { rough } from '../../format.ts';
import { isSame, type Measured, type Row, TOLERANCE } from './events.ts';

export function ParityTable({ rows }: { rows: readonly Row[] }) {
  const measured = rows.filter((row): row is Row & Measured => 'logits' in row);
  const fastest = {
    reading: Math.max(...measured.map(({ reading }) => reading)),
    writing: Math.max(...measured.map(({ writing }) => writing)),
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
    <section class="scrolls-wide" tabIndex={0} aria-label="Parity and speed of each backend">
      <table class="parity">
        <thead>
          <tr>
            <th scope="col">Backend</th>
            <th scope="col" {...partOf('differences')}>
              Logits differ by
            </th>
            <th scope="col" {...partOf('differences')}>
              FAM differs by
            </th>
            <th scope="col">Same?</th>
            <th scope="col" {...partOf('speeds')}>
              Reads, tokens/s
            </th>
            <th scope="col" {...partOf('speeds')}>
              Writes, tokens/s
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={row.backend}>
              <th scope="row">
                <b>{row.backend}</b>
                <small>
                  {'logits' in row ? `${row.device}${row.emulated ? ' (a program)' : ''}` : row.reason}
                </small>
              </th>
              {'logits' in row ? (
                <Cells row={row} first={i === 0} fastest={fastest} />
              ) : (
                <td colSpan={5} class="quiet">
                  did not run
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface CellsProps {
  row: Measured;
  first: boolean;
  fastest: { reading: number; writing: number };
}

const differs = (by: number): string => (by === 0 ? '0' : by.toExponential(1));

function Cells({ row, first, fastest }: CellsProps) {
  const { logits, fams } = row;
  return (
    <>
      <td {...partOf('differences')}>{differs(logits.relative)}</td>
      <td {...partOf('differences')}>{fams ? differs(fams.relative) : '–'}</td>
      <td title={`Within ${TOLERANCE} of the largest magnitude`}>
        {first ? 'reference' : isSame(row) ? '✓ yes' : '✗ no'}
      </td>
      <Speed value={row.reading} of={fastest.reading} />
      <Speed value={row.writing} of={fastest.writing} />
    </>
  );
}

function Speed({ value, of }: { value: number; of: number }) {
  return (
    <td {...partOf('speeds', 'speed')}>
      <i style={{ transform: `scaleX(${value / of})` }} />
      <span>{rough(value)}</span>
    </td>
  );
}
