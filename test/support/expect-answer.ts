import { expect } from 'vitest';
import type { Page } from '../../deploy/demo/browser.ts';
import type { AuthorizationRequest, RegisteredClient } from './oauth-client.ts';
import type { Stack } from './stack.ts';

/** Runs `act` and proves that it left no trace: no record changed, nothing sent to GitHub. */
export async function withoutSideEffect<T>(stack: Stack, act: () => Promise<T>): Promise<T> {
  const records = stack.snapshot();
  const upstream = stack.github.journal().length;
  const result = await act();
  expect(stack.snapshot(), 'stored records').toEqual(records);
  expect(stack.github.journal().length, 'requests to GitHub').toBe(upstream);
  return result;
}

/** An error of a protocol endpoint in its own form (RFC 6749 §5.2, RFC 7591 §3.2.2). */
export async function expectOAuthError(
  response: Response,
  status: number | readonly number[],
  error: string | readonly string[],
): Promise<void> {
  const text = await response.text();
  expect([status].flat(), text).toContain(response.status);
  expect(response.headers.get('content-type'), text).toMatch(/^application\/json/);
  expect(response.headers.get('cache-control'), text).toContain('no-store');
  const body = JSON.parse(text) as Record<string, unknown>;
  expect([error].flat(), text).toContain(body['error']);
  expect(text).not.toMatch(/ {4}at |node_modules/);
}

/** A page of ours that ends the request here: no redirect, no frame, no third party. */
export function expectLocalPage(page: Page, status: number | readonly number[] = 400): void {
  expect([status].flat(), page.text).toContain(page.status);
  expect(page.location).toBeUndefined();
  expectPageHeaders(page);
}

/** The headers of every HTML answer. */
export function expectPageHeaders(page: Page): void {
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  expect(page.headers.get('cache-control')).toContain('no-store');
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
}

/** An error that goes back to the client (RFC 6749 §4.1.2.1) with `state` and `iss` (RFC 9207). */
export function expectErrorRedirect(
  page: Page,
  errors: string | readonly string[],
  of: { request: AuthorizationRequest; client: RegisteredClient; issuer: string },
): void {
  expect(page.status, page.text).toBe(303);
  expect(page.location).toMatch(new RegExp(`^${RegExp.escape(of.client.redirectUri)}\\?`));
  const answer = new URL(page.location ?? '').searchParams;
  expect([errors].flat(), page.location).toContain(answer.get('error'));
  expect(answer.get('state')).toBe(of.request.state);
  expect(answer.get('iss')).toBe(of.issuer);
  expect(answer.get('code')).toBeNull();
}
