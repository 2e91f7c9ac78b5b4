/** Long enough for what comes a macrotask later, and for RxJS to report it. */
export async function macrotasks(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
