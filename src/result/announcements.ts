/**
 * Code that is about to ask for a result. `await` and `Promise.all` read `then` at once, but the engine calls it in a microtask. A
 * failure that comes in between must still reach that code.
 */
export class Announcements {
  // How often `then` was read, and neither called nor forgotten.
  #count = 0;

  get any(): boolean {
    return this.#count > 0;
  }

  /** To be called when `then` is read. The returned function is to be called with `then`; a microtask later it is too late. */
  make(): () => void {
    let open = true;
    const close = (): void => {
      this.#count -= open ? 1 : 0;
      open = false;
    };
    this.#count++;
    void Promise.resolve().then(close); // Not queueMicrotask(), which tools for tests replace.
    return close;
  }
}
