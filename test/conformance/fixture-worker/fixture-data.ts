/** A PNG of one red pixel. */
export const PNG_BASE64 =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';

/** A WAV file with its header and no sample. */
export const WAV_BASE64 = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=';

export const image = { type: 'image' as const, data: PNG_BASE64, mimeType: 'image/png' };

export function text(value: string) {
  return { type: 'text' as const, text: value };
}

export function textResult(value: string) {
  return { content: [text(value)] };
}

export function embeddedText(uri: string, value: string) {
  return { type: 'resource' as const, resource: { uri, mimeType: 'text/plain', text: value } };
}
