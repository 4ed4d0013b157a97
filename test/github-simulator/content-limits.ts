export interface ContentLimits {
  /** Largest file sent inside JSON. */
  readonly jsonBytes: number;
  /** Largest file sent at all. */
  readonly rawBytes: number;
}

export const GITHUB_CONTENT_LIMITS: ContentLimits = {
  jsonBytes: 1024 * 1024,
  rawBytes: 100 * 1024 * 1024,
};
