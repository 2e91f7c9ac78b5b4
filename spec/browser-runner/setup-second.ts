import { order } from './order.ts';

order.push(await Promise.resolve('second'));
