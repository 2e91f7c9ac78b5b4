import { order } from './order.ts';

describe('A page', () => {
  it('has loaded the setup modules, in their order, before the spec files', () => {
    expect(order).toEqual(['first', 'second']);
  });

  it('has nothing of Node', () => {
    expect(['process', 'Buffer', 'global'].filter((name) => name in globalThis)).toEqual([]);
  });

  it('is not loaded again for each spec', () => {
    order.push('third');

    expect(order).toHaveSize(3);
  });
});
