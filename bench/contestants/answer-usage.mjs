// Loaded first into every measured process. Reports CPU and memory on request, and ends the process with the benchmark.
process.on('message', (message) => {
  if (message === 'exit') process.exit();
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send({ usage: { cpu: user + system, rss: process.resourceUsage().maxRSS * 1_024 } });
});
process.once('disconnect', () => process.exit());
