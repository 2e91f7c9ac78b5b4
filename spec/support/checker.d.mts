/** The folders of packages. */
export const compiler: string;
export const checker: string;
