/** Names and attributes of every cookie the gateway sets; the only place that decides either. */
export interface CookieRules {
  readonly secure: boolean;
  /** oidc-provider's browser session. */
  readonly session: string;
  /** Who is signed in at the account page; never anything to oidc-provider. */
  readonly accountSession: string;
  /** Path-scoped to one interaction. */
  readonly interaction: string;
  /** Path-scoped to one authorization request's resume URL. */
  readonly resume: string;
  /** Binds a browser to one login transaction; several logins may run side by side. */
  loginTransaction(suffix: string): string;
}

/**
 * On https: `__Host-` for cookies of the whole origin, `__Secure-` for path-scoped ones (RFC 6265bis §4.1.3),
 * so that a sibling host cannot plant them. On http (loopback only) the prefixes and `Secure` are impossible.
 */
export function cookieRules(publicUrl: string): CookieRules {
  const secure = publicUrl.startsWith('https:');
  const host = secure ? '__Host-' : '';
  const path = secure ? '__Secure-' : '';
  return {
    secure,
    session: `${host}gw_sid`,
    accountSession: `${host}gw_account`,
    interaction: `${path}gw_interaction`,
    resume: `${path}gw_resume`,
    loginTransaction: (suffix) => `${host}gw_up_${suffix}`,
  };
}
