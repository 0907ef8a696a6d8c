/** The texts that are read side by side, a tile each: full where the key was recalled, half where another text's was. */
interface Props {
  keys: readonly string[];
  answers: readonly string[] | undefined;
}

const words = { right: 'recalled', other: 'answers with the key of another text', wrong: 'not recalled' };

export function Texts({ keys, answers }: Props) {
  const states = keys.map((key, row) => {
    const answer = answers?.[row];
    if (answer === key) return 'right';
    return answer !== undefined && keys.includes(answer) ? 'other' : 'wrong';
  });
  const right = states.filter((state) => state === 'right').length;
  const other = states.filter((state) => state === 'other').length;
  return (
    <div class="texts">
      <ul aria-hidden="true">
        {states.map((state, row) => (
          <li
            key={keys[row]}
            class={state}
            title={`Text ${row + 1}: key ${keys[row]}, answer ${answers?.[row] ?? '–'}: ${words[state]}`}
          />
        ))}
      </ul>
      <p class="small">
        {answers ? `${right} of ${keys.length} texts recall their key` : ' '}
        {other > 0 && `, ${other} give another’s`}
      </p>
    </div>
  );
}
