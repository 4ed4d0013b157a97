/** An answer the browser stopped at. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  /** Where the answer redirects, absolute; undefined when it does not. */
  readonly location: string | undefined;
}

/** A browser without a screen: cookies by host, redirects one at a time, HTML forms. */
export interface Browser {
  get(url: string): Promise<Page>;
  /** Sends the page's form as if a person had pressed the button: hidden fields, ticked boxes, the button. */
  press(page: Page, button: FormButton): Promise<Page>;
}

export interface FormButton {
  readonly name: string;
  readonly value: string;
}

const TIMEOUT_MS = 10_000;

export function openBrowser(): Browser {
  // As in real browsers, a cookie belongs to a host and not to its port.
  const jar = new Map<string, Map<string, string>>();

  async function request(url: string, init: RequestInit = {}): Promise<Page> {
    const { hostname } = new URL(url);
    const cookies = jar.get(hostname) ?? new Map<string, string>();
    jar.set(hostname, cookies);
    const headers = new Headers(init.headers);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    if (cookie !== '') headers.set('cookie', cookie);
    const response = await fetch(url, {
      ...init,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    for (const line of response.headers.getSetCookie()) keepCookie(cookies, line);
    const location = response.headers.get('location');
    return {
      url,
      status: response.status,
      text: await response.text(),
      location: location === null ? undefined : new URL(location, url).href,
    };
  }

  return {
    get: async (url) => await request(url),
    press: async (page, button) => {
      const form = readForm(page);
      form.fields.append(button.name, button.value);
      return await request(form.action, {
        method: 'POST',
        body: form.fields,
        headers: { origin: new URL(page.url).origin },
      });
    },
  };
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  const expires = attributes.find((part) => /^expires=/i.test(part))?.slice('expires='.length);
  const isGone =
    attributes.some((part) => /^max-age=(0|-\d+)$/i.test(part)) ||
    (expires !== undefined && Date.parse(expires) <= Date.now());
  if (isGone) cookies.delete(name);
  else cookies.set(name, pair.slice(at + 1));
}

/** The first form of a page, as a person sends it who goes on, without a button. */
export function readForm(page: Page): { action: string; fields: URLSearchParams } {
  const action = attributesOf(/<form\b[^>]*>/i.exec(page.text)?.[0] ?? '').get('action') ?? '';
  const fields = new URLSearchParams();
  for (const [tag] of page.text.matchAll(/<input\b[^>]*>/gi)) {
    const attributes = attributesOf(tag);
    const name = attributes.get('name');
    // As a person does who goes on: what must be ticked is ticked.
    const isTicked = attributes.has('checked') || attributes.has('required');
    const isSent = attributes.get('type') !== 'checkbox' || isTicked;
    if (name !== undefined && isSent) fields.append(name, attributes.get('value') ?? 'on');
  }
  return { action: new URL(action, page.url).href, fields };
}

function attributesOf(tag: string): ReadonlyMap<string, string> {
  const found = tag.replace(/^<[a-z]+/i, '').matchAll(/([a-z-]+)(?:="([^"]*)")?/gi);
  return new Map([...found].map(([, name = '', value = '']) => [name.toLowerCase(), decodeEntities(value)]));
}

function decodeEntities(text: string): string {
  return text
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
