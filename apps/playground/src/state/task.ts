/** The next task of the page: work that begins there does not add to the task it was asked for in, so input is heard in between. */
export const nextTask = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
