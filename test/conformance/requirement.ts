/** One demand of the MCP specification on a server, and whether this product is tested for it. */
export type Requirement = TestedRequirement | LaterRequirement;

export interface TestedRequirement<Id extends string = string> {
  readonly id: Id;
  /** Revision and page of the specification (`A` = 2026-07-28, `B` = 2025-11-25). */
  readonly source: string;
  /** What the product does about it. */
  readonly behavior: string;
  readonly status: 'tested';
}

export interface LaterRequirement<Id extends string = string> {
  readonly id: Id;
  readonly source: string;
  readonly behavior: string;
  readonly status: 'later';
  /** Why nothing is tested yet. */
  readonly reason: string;
}

export function tested<const Id extends string>(
  id: Id,
  source: string,
  behavior: string,
): TestedRequirement<Id> {
  return { id, source, behavior, status: 'tested' };
}

export function later<const Id extends string>(
  id: Id,
  source: string,
  of: { behavior: string; reason: string },
): LaterRequirement<Id> {
  return { id, source, ...of, status: 'later' };
}
