/** The texts that are read side by side, a tile each: full where the key was recalled, half where it was another one that was told. */
interface Props {
  keys: readonly string[];
  /** Other keys that the texts were told later. */
  told: readonly string[];
  answers: readonly string[] | undefined;
}

const words = {
  right: 'recalled',
  later: 'answers with the key it was told later',
  other: 'answers with the key of another text',
  wrong: 'not recalled',
};

export function Texts({ keys, told, answers }: Props) {
  const states = keys.map((key, row) => {
    const answer = answers?.[row];
    if (answer === key) return 'right';
    if (answer !== undefined && answer === told[row]) return 'later';
    return answer !== undefined && keys.includes(answer) ? 'other' : 'wrong';
  });
  const [right, later, other] = ['right', 'later', 'other'].map(
    (of) => states.filter((state) => state === of).length,
  ) as [number, number, number];
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
        {later > 0 && `, ${later} give the later one`}
        {other > 0 && `, ${other} give another’s`}
      </p>
    </div>
  );
}
