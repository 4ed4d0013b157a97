/** What is known of a tool without running it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly title: string;
  /** Reads GitHub and changes nothing: a call may be sent again. */
  readonly readOnly: boolean;
  /** GitHub scopes that let it see more. */
  readonly scopes: readonly string[];
}
