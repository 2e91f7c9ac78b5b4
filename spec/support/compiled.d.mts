export declare const compiler: string;
export declare function compiled(by: string, path: string, text: string, make: () => string): string;
