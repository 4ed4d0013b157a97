import type { Request, Response } from 'express';
import { queryOf } from './request.ts';

const MAX_PER_PAGE = 100;

export interface Page {
  readonly number: number;
  readonly size: number;
}

/** `page` and `per_page`; what is no positive number counts as absent. */
export function pageOf(parameters: URLSearchParams): Page {
  const read = (name: string, absent: number): number => {
    const value = Number(parameters.get(name) ?? absent);
    return Number.isInteger(value) && value > 0 ? value : absent;
  };
  return { number: read('page', 1), size: Math.min(read('per_page', 30), MAX_PER_PAGE) };
}

/** Answers one page of a list, with a Link header when there are more (RFC 8288). */
export function sendList(
  { request, response }: { readonly request: Request; readonly response: Response },
  items: readonly unknown[],
  apiBase: string,
): void {
  const page = pageOf(queryOf(request));
  const last = Math.max(1, Math.ceil(items.length / page.size));
  const relations = [
    ...(page.number > 1 ? [['prev', Math.min(page.number - 1, last)] as const] : []),
    ...(page.number < last ? [['next', page.number + 1] as const, ['last', last] as const] : []),
    ...(page.number > 1 ? [['first', 1] as const] : []),
  ];
  const link = relations.map(
    ([relation, number]) => `<${urlOf(request, apiBase, number)}>; rel="${relation}"`,
  );
  if (link.length > 0) response.set('link', link.join(', '));
  const from = (page.number - 1) * page.size;
  response.json(items.slice(from, from + page.size));
}

function urlOf(request: Request, apiBase: string, page: number): string {
  const parameters = queryOf(request);
  parameters.set('page', String(page));
  return `${apiBase}${request.path}?${parameters.toString()}`;
}
