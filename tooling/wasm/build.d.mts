/** The package names that have an `assembly` folder. */
export const packages: string[];
export function modulePath(name: string): string;
export function compile(name: string): Promise<string>;
export function requireGuest(binary: Uint8Array): void;
