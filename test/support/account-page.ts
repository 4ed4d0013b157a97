import type { Browser, Page } from '../../deploy/demo/browser.ts';
import { filledFields, openBrowser } from '../../deploy/demo/browser.ts';
import type { SignInPlace } from './oauth-client.ts';

/** A form of a page with its hidden fields and the boxes that must be ticked. */
export interface PageForm {
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Walks a browser from the account page through GitHub and back to it. */
export async function signInAtAccountPage(
  stack: SignInPlace,
  { login = 'octocat', browser = openBrowser() }: { login?: string; browser?: Browser } = {},
): Promise<{ browser: Browser; page: Page }> {
  stack.github.autoApprove({ login });
  const page = await browser.follow(await browser.post(`${stack.publicUrl}/account/sign-in`, {}));
  return { browser, page };
}

/** Goes to GitHub from the account page and stops in front of our callback. */
export async function stopBeforeAccountCallback(
  stack: SignInPlace,
  { login = 'octocat', browser = openBrowser() }: { login?: string; browser?: Browser } = {},
): Promise<{ browser: Browser; callback: string }> {
  stack.github.autoApprove({ login });
  const hop = await browser.post(`${stack.publicUrl}/account/sign-in`, {});
  const stopped = await browser.follow(hop, (location) => location.includes('/auth/callback'));
  return { browser, callback: stopped.location ?? '' };
}

/** Every form of a page that goes to a path. */
export function formsTo(page: Page, path: string): readonly PageForm[] {
  return [...page.text.matchAll(/<form[^>]*action="([^"]*)"[^>]*>(.*?)<\/form>/gs)]
    .map(([, action = '', content = '']) => ({
      action: new URL(action, page.url).href,
      fields: Object.fromEntries(filledFields(content)),
    }))
    .filter(({ action }) => new URL(action).pathname === path);
}

/** The only form of a page that goes to a path. @throws when there is none */
export function formTo(page: Page, path: string): PageForm {
  const [form] = formsTo(page, path);
  if (form === undefined) throw new Error(`no form to ${path} on ${page.url}: ${page.text}`);
  return form;
}

/** Sends such a form, with fields over its own, and goes on to the page it leads to. */
export async function sendForm(
  browser: Browser,
  form: PageForm,
  fields: Record<string, string> = {},
): Promise<Page> {
  return await browser.follow(await browser.post(form.action, { ...form.fields, ...fields }));
}
