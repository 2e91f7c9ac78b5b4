/** What was loaded, in this order. */
export const order: string[] = [];
