/**
 * Limits end what hangs, and say nothing about speed: so they are far above what anything takes, also where thirty others use
 * the machine. What is to be fast is compared within one run. Who waits for another has the longer one, since the inner one
 * tells more. In ms.
 */
export const limits = { process: 240_000, spec: 300_000, page: 330_000, silence: 600_000 } as const;
