/** Default of the services' `STOP_TIMEOUT_MS`, repeated from `ServiceConfig`, which would take longer to load than the supervisor. */
const DEFAULT_STOP_TIMEOUT_MS = 10_000;
/** Time for a service to report its own timeout, and to exit. */
const MARGIN_MS = 1_000;

/** Milliseconds after which a stopping service is killed: a little more than its own timeout. */
export function servicesGraceMs(env: NodeJS.ProcessEnv): number {
  return (Number(env['STOP_TIMEOUT_MS']) || DEFAULT_STOP_TIMEOUT_MS) + MARGIN_MS;
}
