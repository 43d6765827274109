// Every process that the supervisor starts loads this module first. The module stops the process when the supervisor has ended,
// even by SIGKILL.

/** Time after which the process is killed, in milliseconds: a little more than a service's own stop timeout. */
const KILL_AFTER_MS = (Number(process.env.STOP_TIMEOUT_MS) || 10_000) + 1_000;

process.on('disconnect', () => {
  // Unlike process.exit, SIGTERM lets a ready service drain first. Any other process ends immediately.
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), KILL_AFTER_MS).unref();
});

// Nobody reads the output after the end of the supervisor. A failed write must not interrupt the draining.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

// The IPC channel must not keep the process alive.
process.channel?.unref();
