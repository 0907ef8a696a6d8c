export const modulePath: string;
export function compile(): Promise<string>;
