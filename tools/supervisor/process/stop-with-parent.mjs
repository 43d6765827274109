// Loaded first into every process that the supervisor starts. It stops the process when the supervisor has ended, even by SIGKILL.

/** A little more than a service's own stop timeout. */
const KILL_AFTER_MS = (Number(process.env.STOP_TIMEOUT_MS) || 10_000) + 1_000;

process.on('disconnect', () => {
  // SIGTERM, not process.exit: a ready service drains first, and any other process ends at once.
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), KILL_AFTER_MS).unref();
});

// The supervisor no longer reads the output then: failed writes must not end the draining early.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// The channel must not keep the process alive.
process.channel?.unref();
