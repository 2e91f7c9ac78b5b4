// What do a scope's streams cost, while nobody watches and while somebody does?
export const question = {
  title: 'A coroutine child, with the streams of its scope watched',
  unit: 'µs a child',
  kind: 'time',
  sizes: [10_000],
  chartSize: 10_000,
  base: 'unwatched',
  cases: {
    unwatched: watched(() => {}),
    events$: watched((scope, count) => scope.events$.subscribe(count)),
    values$: watched((scope, count) => scope.values$.subscribe(count)),
  },
};

function watched(watch) {
  return {
    own: true,
    async make() {
      const { AsyncScope, tamed } = await import('../library.mjs');
      const child = tamed(function* (index) {
        yield* tamed.from(Promise.resolve());
        return index;
      });
      return {
        async run(count) {
          let seen = 0;
          const scope = new AsyncScope();
          const watching = watch(scope, () => seen++) !== undefined;
          for (let index = 0; index < count; index++) {
            scope.start(child(index));
          }
          await scope.close();
          if (watching && seen < count) {
            throw new Error(`Of ${count} children, ${seen} events were seen.`);
          }
        },
      };
    },
  };
}
