// What BullMQ runs in its sandbox.
import * as work from './work.mjs';

export default async ({ name, data }) => work[name](...data);
