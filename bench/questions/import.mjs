// How long does an import take? RxJS is a part of this library's own.
import { dist, moduleOf } from '../dist.mjs';

export const question = {
  title: 'An import, in a process that has none of it',
  unit: 'ms',
  kind: 'import',
  samplesPerRound: 5,
  base: 'rxjs',
  cases: {
    'async-tamer, with rxjs': { own: true, specifier: moduleOf('index.js') },
    'async-tamer bundled, with rxjs': {
      own: true,
      specifier: new URL('bundle/async-tamer.min.js', dist).href,
    },
    rxjs: { specifier: 'rxjs' },
    effect: { specifier: 'effect' },
    effection: { specifier: 'effection' },
    'p-map': { specifier: 'p-map' },
    gensync: { specifier: 'gensync' },
  },
};
