import { moduleOf } from '../dist.mjs';

// What does it cost a child that somebody watches its scope: by a stream of it, or by a tool of async-tamer/trace?
export const question = {
  title: 'A coroutine child, of a scope that is watched',
  unit: 'µs a child',
  kind: 'time',
  sizes: [10_000],
  chartSize: 10_000,
  base: 'unwatched',
  cases: {
    unwatched: watched(() => () => {}),
    events$: watched((scope) => counted(scope.events$)),
    values$: watched((scope) => counted(scope.values$)),
    'trace()': watched((scope, { trace }) => {
      const recording = trace(scope);
      return () => recording.stop();
    }),
    'longStackTraces()': watched((scope, { longStackTraces }) => {
      const taken = longStackTraces();
      return () => taken.unsubscribe();
    }),
  },
};

/** Returns what tells whether all of so many have been seen. */
function counted(stream$) {
  let seen = 0;
  stream$.subscribe(() => seen++);
  return (count) => {
    if (seen < count) {
      throw new Error(`Of ${count} children, ${seen} events were seen.`);
    }
  };
}

/** `watch` begins to watch a scope, and returns what ends that. */
function watched(watch) {
  return {
    own: true,
    async make() {
      const { AsyncScope, tamed } = await import('../library.mjs');
      const tools = await import(moduleOf('trace/index.js'));
      const child = tamed(function* (index) {
        yield* tamed.from(Promise.resolve());
        return index;
      });
      return {
        async run(count) {
          const scope = new AsyncScope();
          const end = watch(scope, tools);
          for (let index = 0; index < count; index++) {
            scope.start(child(index));
          }
          await scope.close();
          end(count);
        },
      };
    },
  };
}
