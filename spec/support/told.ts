/* What a process or a page in which specs run tells the runner. */

/** The method of a reporter of Jasmine, and its argument; or that a file is loaded. */
export interface Message {
  readonly method: 'loaded' | 'suiteStarted' | 'specStarted' | 'specDone' | 'suiteDone' | 'jasmineDone';
  readonly argument: unknown;
}

export type Told = Partial<
  Pick<jasmine.SpecResult, 'description' | 'fullName' | 'status' | 'duration' | 'debugLogs'>
> &
  Partial<Pick<jasmine.SpecResult, 'pendingReason' | 'notApplicableReason'>> &
  Partial<Pick<jasmine.JasmineDoneInfo, 'overallStatus' | 'incompleteReason'>> & {
    readonly failedExpectations?: readonly { readonly message: string; readonly stack?: string }[];
  };

/** What a reporter prints. The rest may hold anything, and cannot leave the process or the page. */
export function plain(told: Told): Told {
  const { description, fullName, status, duration, pendingReason, notApplicableReason, debugLogs } = told;
  const { overallStatus, incompleteReason } = told;
  return {
    ...{ description, fullName, status, duration, pendingReason, notApplicableReason, debugLogs },
    ...{ overallStatus, incompleteReason },
    failedExpectations: (told.failedExpectations ?? []).map(({ message, stack }) => ({ message, stack })),
  } as Told;
}
