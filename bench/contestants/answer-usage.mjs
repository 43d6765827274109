// Every measured process loads this module first. The module reports CPU time and memory on request, and ends the process when
// the benchmark ends.
process.on('message', (message) => {
  if (message === 'exit') process.exit();
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send({ usage: { cpu: user + system, rss: process.resourceUsage().maxRSS * 1_024 } });
});
process.once('disconnect', () => process.exit());
