/** Of the services' `STOP_TIMEOUT_MS`, as in `ServiceConfig`: to load it would take longer than the start of the supervisor. */
const DEFAULT_STOP_TIMEOUT_MS = 10_000;
/** A service that gives up says so, and exits by itself. */
const MARGIN_MS = 1_000;

/** Milliseconds that the services get to stop in before they are killed: a little more than they give themselves. */
export function servicesGraceMs(env: NodeJS.ProcessEnv): number {
  return (Number(env['STOP_TIMEOUT_MS']) || DEFAULT_STOP_TIMEOUT_MS) + MARGIN_MS;
}
