/** A callback that stops what it is told of when it throws. */
export function guarded<Told>(callback: (told: Told) => void, stop: (error: unknown) => void) {
  return (told: Told) => {
    try {
      callback(told);
    } catch (error) {
      stop(error);
    }
  };
}
