/** The numbers of a chart as a table, for those who would rather read them. */
import { useSignal } from '@preact/signals';
import { type ChartData, type ChartLook, formatted } from './chart-options.ts';

/** Rows that are shown at most: evenly chosen where there are more. */
const ROWS = 40;

export function ChartTable({ look, data }: { look: ChartLook; data: ChartData }) {
  const open = useSignal(false);
  const toggled = (event: Event) => {
    open.value = (event.currentTarget as HTMLDetailsElement).open;
  };
  return (
    <details class="chart-table" onToggle={toggled}>
      <summary>Table</summary>
      {open.value && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
        <section class="scrolls" tabIndex={0} aria-label={`${look.title}, as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">{look.x.label}</th>
                {look.series.map(({ name }) => (
                  <th scope="col" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {chosen(data[0].length).map((at) => (
                <tr key={at}>
                  <th scope="row">{formatted(data[0][at]!, look.x)}</th>
                  {look.series.map(({ name }, s) => {
                    const value = data[s + 1]![at];
                    return (
                      <td key={name}>
                        {value === null || value === undefined ? '–' : formatted(value, look.y)}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}

function chosen(count: number): number[] {
  if (count <= ROWS) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: ROWS }, (_, i) => Math.round((i * (count - 1)) / (ROWS - 1)));
}
