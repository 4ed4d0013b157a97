// Preloaded before any TypeScript file: an old Node would fail on the first type annotation with a
// message that helps nobody. Plain JavaScript of the oldest Node anyone still has.

const REQUIRED_MAJOR = 24;

/**
 * The sentence to print when a Node version is too old, or undefined when it will do.
 *
 * @param {string} version as in `process.version`, for example `v20.20.2`
 * @returns {string | undefined}
 */
export function unsupportedNodeMessage(version) {
  const major = Number.parseInt(version.replace(/^v/, ''), 10);
  if (major >= REQUIRED_MAJOR) return undefined;
  return (
    `octocode-mcp-gateway needs Node ${REQUIRED_MAJOR} or newer but is running on Node ${version}; ` +
    `\`npm ci\` with install scripts allowed provides Node ${REQUIRED_MAJOR} for every \`npm run\` command.`
  );
}

const message = unsupportedNodeMessage(process.version);
if (message !== undefined) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
