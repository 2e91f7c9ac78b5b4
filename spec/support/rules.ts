/** What Jasmine is told, in Node and in a browser. */
export const rules = {
  random: true,
  failSpecWithNoExpectations: true,
  forbidDuplicateNames: true,
};
