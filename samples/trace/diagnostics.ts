// For tools that watch programs: Node's diagnostics_channel, and through it OpenTelemetry and the like, without either in your
// code. Watch for: publish() follows events$ and scopes$ down the tree; the subscriber below it knows nothing of this library.
// Run: node --import ./spec/support/ts-node.mjs samples/trace/diagnostics.ts
import { channel, subscribe } from 'node:diagnostics_channel';

import { AsyncScope, sleep, tamed, type ScopeEvent } from 'async-tamer';

const children = channel('async-tamer:child');

/** A child, as subscribers see it: the same object from its first event to its end, so that they can keep a span for it. */
interface ChildMessage {
  readonly id: number;
  readonly name: string;
  readonly scope: string;
  /** The child in whose code its scope was made. */
  readonly parent: ChildMessage | undefined;
  event: ScopeEvent;
}

/** Publishes what happens in a scope, and in the scopes made in it. To be called before the scope starts anything. */
function publish(scope: AsyncScope, parent?: ChildMessage): void {
  const messages = new Map<number, ChildMessage>();
  scope.scopes$.subscribe(({ scope: nested, id }) => publish(nested, messages.get(id) ?? parent));
  scope.events$.subscribe((event) => {
    const { id, name } = event;
    const message = messages.get(id) ?? { id, name, scope: scope.name, parent, event };
    message.event = event;
    if (['queue', 'start', 'next'].includes(event.type)) {
      messages.set(id, message);
    } else {
      messages.delete(id); // What comes after its end, such as its cleanup, is told by an object of its own.
    }
    if (children.hasSubscribers) {
      children.publish(message);
    }
  });
}

// The other side. With OpenTelemetry, a span would begin at "start", as a child of the span kept for the parent:
//   tracer.startSpan(name, { startTime: event.time }, trace.setSpan(context.active(), spans.get(parent)))
// and end at the end: span.recordException(event.error) if it failed, span.setStatus(…), span.end(event.time).
const path = ({ name, parent }: ChildMessage): string => (parent ? `${path(parent)} > ${name}` : name);
subscribe('async-tamer:child', (published) => {
  const message = published as ChildMessage; // What publish() sends.
  const { event } = message;
  if (event.type !== 'next') {
    console.log(`${event.type} ${path(message)}${event.type === 'error' ? `: ${String(event.error)}` : ''}`);
  }
});

const query = tamed(function* query(ms: number) {
  yield* sleep(ms);
  if (ms > 20) {
    throw new Error('too slow');
  }
});

const loadPage = tamed(function* loadPage() {
  yield* AsyncScope.run((scope) => {
    scope.start(query(10));
    scope.start(query(30));
  });
});

const scope = new AsyncScope({ name: 'page' });
publish(scope);
scope.start(loadPage());
await scope.close().catch((error: unknown) => console.log(String(error)));

// Output
// ------
//
// start loadPage
// start loadPage > query
// start loadPage > query
// complete loadPage > query
// error loadPage > query: Error: too slow
// error loadPage: ScopeError: 1 async function failed:
//   query (#2): Error: too slow
// ScopeError: 1 async function failed in the scope "page":
//   loadPage (#1): ScopeError: 1 async function failed:
//     query (#2): Error: too slow
