/** The versions with which the library is specified. */
export const versions: readonly string[];
/** The program of a version of Node, such as '24': the installed one, or one that npm fetches. */
export function programOf(version: string): string;
/** Runs npm with these arguments; throws if it fails. */
export function npm(args: readonly string[]): void;
