/** The package names that have an `assembly` folder. */
export const packages: string[];
/** The modules of a package, by what their instructions need. */
export const variants: Record<'simd' | 'relaxed', { features: string; words: string }>;
export function modulePath(name: string, variant: keyof typeof variants): string;
export function compile(name: string, variant: keyof typeof variants): Promise<string>;
export function requireGuest(binary: Uint8Array): void;
