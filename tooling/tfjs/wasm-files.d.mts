export const fileNames: string[];
export function modulePath(fileName: string): string;
export function compile(fileName: string): string;
