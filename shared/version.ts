import manifest from '../package.json' with { type: 'json' };

/** The product's version, as its manifest says. */
export const VERSION: string = manifest.version;

/** How this product names itself in outgoing requests; GitHub refuses requests without a name. */
export const USER_AGENT = `octocode-mcp-gateway/${VERSION}`;
