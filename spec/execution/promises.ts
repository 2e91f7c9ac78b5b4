/** A promise that settles when it is told to. */
export function latch(): Promise<void> & { open: () => void } {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return Object.assign(promise, { open: () => open() });
}

/** Until the async functions that have been started stand at what they await: "await" asks for it a microtask later. */
export function standing(): Promise<void> {
  return ms(1);
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}

export function ms(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}
