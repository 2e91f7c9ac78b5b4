import {
  aFleet,
  busy,
  describeWithServer,
  failureOf,
  FleetError,
  fleetState,
  newDiary,
  sleep,
  until,
} from './kit.ts';

type Failure = InstanceType<typeof FleetError>;

describeWithServer('What goes to a fleet and comes back', () => {
  const here = aFleet({ maxPayload: 100_000 });

  it('is what threads can be given', async () => {
    const cyclic: Record<string, unknown> = { a: [1, undefined, -0, NaN, 2n] };
    cyclic['self'] = cyclic;
    const values = [new Map([['a', new Set(['b'])]]), new Uint8Array([1, 2]), new Date(7), /a/gi];

    const [echo, others] = (await here.work.echo([cyclic, values])) as [typeof cyclic, typeof values];

    expect(echo['self']).toBe(echo);
    expect(echo['a']).toEqual(cyclic['a']);
    expect(others).toEqual(values);
  });

  it('is refused by a TypeError that says what cannot be sent, and where it is', async () => {
    const failure = await failureOf(here.work.echo({ deep: [() => 1] }));

    expect(failure).toBeInstanceOf(TypeError);
    expect(failure.message).toMatch(
      /^Argument 1 of "echo" cannot be sent to another machine: at \.deep\[0\] is the function/,
    );
    expect(() => here.work.echo({ deep: [() => 1] }).block()).toThrowError(TypeError);
  });

  it('is refused before it is sent if it is larger than maxPayload, with its size', async () => {
    const failure = (await failureOf(here.work.echo('x'.repeat(200_000)))) as Failure;

    expect(failure).toBeInstanceOf(FleetError);
    expect(failure.code).toBe('payload');
    expect(failure.message).toMatch(
      /^The arguments of "echo" are 200004 bytes long, and "maxPayload" is 100000\./,
    );
  });

  it('is refused over there if a value is larger', async () => {
    const diary = newDiary();

    const failure = (await failureOf(here.work.texts(1, 200_000, diary.path))) as Failure;

    expect(failure.code).toBe('payload');
    expect(failure.message).toMatch(/^A value of "texts" is 200002 bytes long/);
  });

  it('comes no faster than it is taken: a slow consumer holds the producer back', async () => {
    const diary = newDiary();
    let taken = 0;

    const subscription = here.work.noted(1_000_000, diary.path).subscribe(() => {
      taken++;
      busy(5);
    });
    await until(() => taken > 50);
    await sleep(200);

    expect(Number(diary.lines().at(-1))).toBeLessThan(taken + 4000);
    subscription.unsubscribe();
    await until(async () => (await fleetState(here.work)).running === 0);
  });

  it('leaves a slow consumer time for other things, so that its process is not taken for lost', async () => {
    let taken = 0;
    let most = 0;
    let last = 0;
    const timer = setInterval(() => {
      most = Math.max(most, taken - last);
      last = taken;
    }, 0);

    // One by one, and ever more of them while the consumer is busy.
    await here.work.countTo(200, 0).forEach(() => {
      taken++;
      busy(5);
    });

    clearInterval(timer);
    expect(taken).toBe(200);
    expect(most).toBeLessThan(10);
  });

  it('is counted by its size: large values do not pile up', async () => {
    const diary = newDiary();
    let taken = 0;

    const subscription = here.work.texts(1_000_000, 90_000, diary.path).subscribe(() => {
      taken++;
      busy(20);
    });
    await until(() => taken > 10);
    await sleep(100);

    expect(diary.lines().length).toBeLessThan(taken + 60);
    subscription.unsubscribe();
    await until(async () => (await fleetState(here.work)).running === 0);
  });
});
