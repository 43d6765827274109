const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/**
 * Time in which repeated signals count as one request, in milliseconds. Under npm, one Ctrl-C arrives twice, because npm forwards
 * the signal.
 */
const SAME_REQUEST_MS = 1_000;
const PARENT_CHECK_MS = 1_000;

export interface StopRequests {
  /** Called once, on the first request to stop. */
  first(this: void): void;
  /** Called on each later request. */
  again(this: void): void;
}

/**
 * Listens for Ctrl-C, SIGTERM, a closed terminal, and the end of the npm that runs this process.
 *
 * @returns a function that stops listening
 */
export function onStopRequest({ first, again }: StopRequests): () => void {
  let firstAt: number | undefined;
  const request = () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      first();
    } else if (performance.now() - firstAt > SAME_REQUEST_MS) {
      again();
    }
  };
  for (const signal of SIGNALS) process.on(signal, request);
  const parentCheck = watchNpm(() => firstAt === undefined && request());
  return () => {
    for (const signal of SIGNALS) process.off(signal, request);
    clearInterval(parentCheck);
  };
}

/** Calls `onEnd` when npm has ended, because npm cannot forward SIGKILL. */
function watchNpm(onEnd: () => void): NodeJS.Timeout | undefined {
  if (process.env['npm_lifecycle_event'] === undefined) return undefined;
  const parent = process.ppid;
  return setInterval(() => process.ppid !== parent && onEnd(), PARENT_CHECK_MS).unref();
}
