// As code.ts, for code with JSX.
export {};
