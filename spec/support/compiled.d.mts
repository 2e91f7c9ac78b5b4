/** What compiles, by who asks for it. */
export const by: Readonly<Record<'tsNode' | 'webpack' | 'package' | 'program', string>>;
export const programOptions: Readonly<Record<string, unknown>>;
export function compiled(by: string, path: string, text: string, make: () => string): string;
