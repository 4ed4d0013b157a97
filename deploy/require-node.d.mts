export function unsupportedNodeMessage(version: string): string | undefined;
