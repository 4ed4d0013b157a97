// Preloaded into every child of a launcher. The launcher holds the other end of the child's stdin: when it is gone,
// however it went, the pipe closes and the child stops as if it had been asked to.

/** Longer than the default drain (`SHUTDOWN_GRACE`, 20 s): only a child that does not stop by itself is cut. */
const CUT_AFTER_MS = 30_000;

process.stdin.once('close', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => {
    process.kill(process.pid, 'SIGKILL');
  }, CUT_AFTER_MS).unref();
});
process.stdin.on('error', () => {
  process.stdin.destroy();
});
process.stdin.resume();
// It must not be what keeps the child alive. Only sockets and pipes can be unreferenced.
if ('unref' in process.stdin) process.stdin.unref();
