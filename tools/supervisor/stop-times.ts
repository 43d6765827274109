/**
 * Default of the services' `STOP_TIMEOUT_MS`. The value is duplicated here, because loading `ServiceConfig` would take longer
 * than loading the supervisor.
 */
const DEFAULT_STOP_TIMEOUT_MS = 10_000;
/** Time for a service to report its own timeout and to exit, in milliseconds. */
const MARGIN_MS = 1_000;

/**
 * Returns the time after which a stopping service is killed, in milliseconds. The time is a little longer than the service's own
 * timeout.
 */
export function servicesGraceMs(env: NodeJS.ProcessEnv): number {
  return (Number(env['STOP_TIMEOUT_MS']) || DEFAULT_STOP_TIMEOUT_MS) + MARGIN_MS;
}
