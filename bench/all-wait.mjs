/** Waits until `begin` has called what it is given so many times, and each of these has come to what it waits for. */
export async function allWait(count, begin) {
  let waiting = 0;
  await new Promise((resolve) => {
    begin(() => {
      if (++waiting === count) {
        resolve();
      }
    });
  });
  await macrotask();
}

export function macrotask() {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
