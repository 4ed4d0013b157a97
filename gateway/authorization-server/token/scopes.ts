export interface ScopePolicy {
  /** Every scope the operator allows; empty for a GitHub App, which has permissions instead. */
  readonly allowed: readonly string[];
  /** What a request without a usable scope gets. */
  readonly baseline: readonly string[];
  /** Asked for at every sign-in, whatever the client asks for: without them nobody's membership could be checked. */
  readonly required: readonly string[];
}
