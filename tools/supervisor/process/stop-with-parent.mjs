// Loaded into every process that the supervisor starts, before anything else of it.
// A process whose supervisor is gone, even by SIGKILL, has nobody left to stop it: it does so itself.

/** A little more than a service gives itself. */
const KILL_AFTER_MS = (Number(process.env.STOP_TIMEOUT_MS) || 10_000) + 1_000;

process.on('disconnect', () => {
  // Not process.exit: a service that is up by now drains on SIGTERM, and one that is not ends at once.
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), KILL_AFTER_MS).unref();
});

// Nobody reads its output then either: failing writes must not cut the draining short.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// Waiting for the supervisor's end keeps no process alive.
process.channel?.unref();
