/** Loaded into the program before its own code: collects garbage when asked and tells what is left. The program itself is as it is built. */
process.on('message', (message) => {
  if (message !== 'collect') return;
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ rss, heapUsed, external });
});
// Nobody who ends the soak leaves a program behind.
process.on('disconnect', () => process.exit(1));
process.channel.unref();
