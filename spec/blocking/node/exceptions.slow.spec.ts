import { programs } from '../../support/programs.ts';
import { endsProcess, handled, isHandled, throwers, unhandled } from './throwers.ts';

describe('An exception during the first block() of a process', () => {
  const program = programs('first-exceptions');

  for (const [place, code] of Object.entries(throwers)) {
    program(`is an uncaught one like any other, if thrown in ${place}`, handled(code), isHandled);

    program(
      `ends the process with exit code 1 where nobody handles it, if thrown in ${place}`,
      unhandled(code),
      endsProcess,
    );
  }
});
