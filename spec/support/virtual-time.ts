import { TestScheduler } from 'rxjs/testing';

/** What RxJS gives to a test on virtual time. */
export type RunHelpers = Parameters<Parameters<TestScheduler['run']>[0]>[0];

/** Runs `test` on virtual time, where marbles can be compared. */
export function onVirtualTime(test: (helpers: RunHelpers) => void): void {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test);
}

/** Runs `test` on virtual time, which passes when it calls `flush`. */
export function virtually(test: (flush: () => void) => void): void {
  new TestScheduler(() => undefined).run(({ flush }) => test(flush));
}
