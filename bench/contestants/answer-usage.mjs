// Loaded into every process that is measured, before its own modules: it tells of its use of the machine when asked, and
// does not outlive the benchmark.
process.on('message', (message) => {
  if (message === 'exit') process.exit();
  if (message !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send({ usage: { cpu: user + system, rss: process.resourceUsage().maxRSS * 1_024 } });
});
process.once('disconnect', () => process.exit());
