// A dashboard that asks several services again and again. Watch for: it asks a service that fails twice more. When the service
// fails for good, the others are cancelled, and nothing polls any more.
import { defer, exhaustMap, merge, retry, timeout, timer, type Observable } from 'rxjs';
import { tamed, type AsyncScope } from 'async-tamer';

export type Service = () => Observable<string>;

/** Asks every 20 ms. An answer may take 5 ms; else, or if it fails, the service is asked again 3 ms later, twice. */
const poll = tamed(function poll(service: Service): Observable<string> {
  const answer$ = defer(service).pipe(timeout(5), retry({ count: 2, delay: 3 }));
  return timer(0, 20).pipe(exhaustMap(() => answer$));
});

/** The answers of the services, which are asked as long as the scope lives. */
export function dashboard(scope: AsyncScope, ...services: Service[]): Observable<string> {
  return merge(...services.map((service) => scope.start(poll(service))));
}
