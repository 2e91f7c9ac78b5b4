// What runs in a thread, for async-tamer and for Piscina: an ordinary module.
export const echo = async (value) => value;
export default echo;
