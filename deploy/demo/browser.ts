/** An answer a browser stopped at. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Where the answer redirects, absolute; undefined when it does not. */
  readonly location: string | undefined;
}

/** A browser without a screen or scripts: cookies by host and path, forms, redirects one at a time. */
export interface Browser {
  get(url: string, headers?: Record<string, string>): Promise<Page>;
  /** Sends a form; `Origin` is the page's, as browsers do. */
  post(
    url: string,
    form: Record<string, string> | URLSearchParams,
    headers?: Record<string, string>,
  ): Promise<Page>;
  /** Goes on with GET while answers redirect and the target satisfies `until` not yet. */
  follow(page: Page, until?: (location: string) => boolean): Promise<Page>;
  /** Sends the page's first form as a person does: what is filled in, boxes that must be ticked, and the given fields. */
  submit(page: Page, fields: Record<string, string>): Promise<Page>;
  cookies(): readonly StoredCookie[];
}

export interface StoredCookie {
  readonly host: string;
  readonly path: string;
  readonly name: string;
  readonly value: string;
  /** The header as received. */
  readonly raw: string;
}

const MAX_REDIRECTS = 20;
const TIMEOUT_MS = 30_000;

/** `reach` names where a URL is really fetched from, for hosts that this machine cannot resolve. */
export function openBrowser(reach: (url: string) => string = (url) => url): Browser {
  const jar = new Map<string, StoredCookie>();

  async function request(url: string, init: RequestInit): Promise<Page> {
    const target = new URL(url);
    const headers = new Headers(init.headers);
    const cookie = cookieHeader(jar, target);
    if (cookie !== '') headers.set('cookie', cookie);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(reach(url), { ...init, headers, redirect: 'manual', signal });
    for (const raw of response.headers.getSetCookie()) keepCookie(jar, target, raw);
    const location = response.headers.get('location');
    return {
      url,
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: location === null ? undefined : resolveLocation(location, url),
    };
  }

  const browser: Browser = {
    get: async (url, headers = {}) => await request(url, { headers }),
    post: async (url, form, headers = {}) =>
      await request(url, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers: { origin: new URL(url).origin, ...headers },
      }),
    follow: async (page, until = () => false) => {
      let current = page;
      for (let hop = 0; current.location !== undefined && hop < MAX_REDIRECTS; hop += 1) {
        if (until(current.location)) return current;
        current = await browser.get(current.location);
      }
      return current;
    },
    submit: async (page, fields) => {
      const form = readForm(page);
      for (const [name, value] of Object.entries(fields)) form.fields.set(name, value);
      return await browser.post(form.action, form.fields);
    },
    cookies: () => [...jar.values()],
  };
  return browser;
}

/** The first form of a page, as a person sends it who goes on, without a button. */
export function readForm(page: Pick<Page, 'url' | 'text'>): { action: string; fields: URLSearchParams } {
  const action = attributesOf(/<form\b[^>]*>/i.exec(page.text)?.[0] ?? '').get('action') ?? '';
  return { action: resolveLocation(action, page.url), fields: filledFields(page.text) };
}

/** What is filled in, and the boxes without which a browser would not send the form. */
export function filledFields(text: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [tag] of text.matchAll(/<input\b[^>]*>/gi)) {
    const attributes = attributesOf(tag);
    const name = attributes.get('name');
    const isTicked = attributes.has('checked') || attributes.has('required');
    const isSent = attributes.get('type') !== 'checkbox' || isTicked;
    if (name !== undefined && isSent) fields.append(name, attributes.get('value') ?? 'on');
  }
  return fields;
}

function attributesOf(tag: string): ReadonlyMap<string, string> {
  const found = tag.replace(/^<[a-z]+/i, '').matchAll(/([a-z-]+)(?:="([^"]*)")?/gi);
  return new Map([...found].map(([, name = '', value = '']) => [name.toLowerCase(), decodeEntities(value)]));
}

function resolveLocation(location: string, base: string): string {
  return URL.canParse(location) ? location : new URL(location, base).href;
}

function cookieHeader(jar: ReadonlyMap<string, StoredCookie>, url: URL): string {
  return (
    [...jar.values()]
      .filter((cookie) => cookie.host === url.hostname && pathMatches(cookie.path, url.pathname))
      // Longer paths first (RFC 6265 §5.4).
      .sort((one, other) => other.path.length - one.path.length)
      .map((cookie) => `${cookie.name}=${cookie.value}`)
      .join('; ')
  );
}

function pathMatches(cookiePath: string, path: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

function keepCookie(jar: Map<string, StoredCookie>, url: URL, raw: string): void {
  const [pair = '', ...attributes] = raw.split(';').map((part) => part.trim());
  const at = pair.indexOf('=');
  const attribute = (name: string) =>
    attributes.find((part) => part.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const path = attribute('path') ?? '/';
  const name = pair.slice(0, at);
  const key = `${url.hostname} ${path} ${name}`;
  const expires = attribute('expires');
  const isGone =
    /^(?:0|-\d+)$/.test(attribute('max-age') ?? '') ||
    (expires !== undefined && Date.parse(expires) <= Date.now());
  if (isGone) jar.delete(key);
  else jar.set(key, { host: url.hostname, path, name, value: pair.slice(at + 1), raw });
}

function decodeEntities(text: string): string {
  return text
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
