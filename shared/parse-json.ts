/** The value of a JSON text; undefined when it is none. Bytes must be UTF-8. */
export function parseJson(text: string | Uint8Array): unknown {
  try {
    const decoded = typeof text === 'string' ? text : new TextDecoder('utf-8', { fatal: true }).decode(text);
    return JSON.parse(decoded) as unknown;
  } catch {
    return undefined;
  }
}
