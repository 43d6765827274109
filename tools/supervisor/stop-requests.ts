const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Ctrl-C arrives twice where npm is in between: from the terminal, and passed on by npm. */
const SAME_REQUEST_MS = 1_000;
const PARENT_CHECK_MS = 1_000;

export interface StopRequests {
  /** Somebody wants the system to stop. Called once. */
  first(this: void): void;
  /** Somebody does not want to wait any longer. */
  again(this: void): void;
}

/**
 * Listens for Ctrl-C, SIGTERM, a closed terminal, and the end of the npm that runs this process.
 *
 * @returns A function that stops listening.
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

/** npm passes on the signals that it gets, but SIGKILL: whoever kills npm means this process. */
function watchNpm(onEnd: () => void): NodeJS.Timeout | undefined {
  if (process.env['npm_lifecycle_event'] === undefined) return undefined;
  const parent = process.ppid;
  return setInterval(() => process.ppid !== parent && onEnd(), PARENT_CHECK_MS).unref();
}
