import { run, typescript } from '../../support/child-process.ts';

type Outcome = Record<
  'waiting' | 'leaving' | 'withResource' | 'together' | 'failing' | 'failingLater',
  readonly string[]
>;

for (const mode of ['zoneless', 'zone.js']) {
  describe(`An application of Angular that is rendered on a server, ${mode},`, () => {
    let outcome: Outcome;
    let code: number | null;

    beforeAll(async () => {
      const program = await run([...typescript('spec/angular/server/render.ts'), mode]);
      expect(program.stderr).toBe('');
      ({ code } = program);
      outcome = JSON.parse(program.stdout.trim().split('\n').at(-1)!) as Outcome;
    });

    it('waits for what runs, is queued and cleans up in a scope with pendingTasks', () => {
      expect(outcome.waiting).toEqual(['second loaded', 'first cleaned up', 'second cleaned up']);
    });

    it('does not wait for a scope without it, which is cancelled and cleans up when the page is there', () => {
      expect(outcome.leaving).toEqual(['loading', 'late cleaned up']);
    });

    it('waits for the first value of a tamedResource', () => {
      expect(outcome.withResource).toEqual(['resource loaded', 'resource cleaned up']);
    });

    it('is nothing to another that is rendered at the same time', () => {
      expect(outcome.together).toEqual(['second loaded', 'loading', 'resource loaded']);
    });

    it('is rendered though a call has failed, which the ErrorHandler is told', () => {
      expect(outcome.failing).toEqual(['rendered', 'Error: while it is rendered']);
    });

    it('does not end the server by what fails when it has been destroyed: the ErrorHandler is told', () => {
      expect(outcome.failingLater).toEqual(['rendered', 'Error: when all has been destroyed']);
    });

    it('leaves nothing behind that would keep the process alive', () => {
      expect(code).toBe(0);
    });
  });
}
