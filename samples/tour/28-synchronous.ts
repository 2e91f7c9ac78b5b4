// An island in asynchronous code: synchronous(fn) runs a function where it may block, even if asynchronous code calls it.
// Watch the first attempt: after an await nothing can block, and the error says so at once, instead of hanging.
// This program needs no preload.
import { BlockingError, sleep, synchronous, tamed } from 'async-tamer';

const fetchName = tamed(async (id: number) => {
  await sleep(10);
  return id === 1 ? 'Ada' : 'Grace';
});

/** A template engine, say, that knows nothing of promises: its helpers return strings. */
function render(template: string, helper: (id: number) => string): string {
  return template.replaceAll(/\{(\d)\}/g, (_, id) => helper(Number(id)));
}

const renderPage = () => render('Dear {1}, dear {2}', (id) => fetchName(id).block());

try {
  renderPage();
} catch (error) {
  console.log(error instanceof BlockingError);
}
console.log(await synchronous(renderPage));

// Output
// ------
//
// true
// Dear Ada, dear Grace
