import { z } from 'zod';
import {
  anyOrigin,
  defaultedField,
  listOf,
  oneOf,
  optionalField,
  trueOrFalse,
} from '../../shared/config/index.ts';
import type { CrossCheck } from '../../shared/config/index.ts';
import type { OriginRule } from '../http/index.ts';

const DOMAIN = /^(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
/** Suffixes of this form are a country's registry; there are more, which no rule of ours can tell. */
const REGISTRY = /^(?:ac|co|com|edu|gov|net|org)\.[a-z]{2}$/;

const domain = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(
    z
      .string()
      .regex(
        DOMAIN,
        'must be domains of two labels or more, such as corp.example, without scheme, port, path or *',
      )
      .refine((name) => !REGISTRY.test(name), 'must not be suffixes that anybody can have a domain under'),
  );

/** Which web pages may call the MCP endpoint and read the discovery documents. */
export const originFields = {
  allowedOrigins: optionalField({
    env: 'ALLOWED_ORIGINS',
    schema: listOf(anyOrigin),
    whenAbsent: 'none',
    description:
      'Origins of web pages that may call the MCP endpoint from a browser, whatever the mode; the gateway’s own always may.',
    remedy: 'List origins such as https://inspector.example.com.',
  }),
  corsMode: defaultedField({
    env: 'MCP_HTTP_CORS_MODE',
    schema: oneOf(['development', 'production', 'enterprise']),
    default: 'production',
    description:
      'Whose web pages may call the MCP endpoint: `production` those of `ALLOWED_ORIGINS`; `development` also those that the person’s own machine serves, on any port; `enterprise` also https pages on the default port under `ENTERPRISE_ALLOWED_DOMAINS`. A request with any other `Origin` is answered 403.',
    remedy: 'Set development, production or enterprise.',
  }),
  allowedDomains: optionalField({
    env: 'ENTERPRISE_ALLOWED_DOMAINS',
    schema: listOf(domain),
    whenAbsent: 'none',
    description:
      'Domains of web pages that may call the MCP endpoint with `MCP_HTTP_CORS_MODE=enterprise`, each with every host under it. It restricts pages, not people.',
    remedy: 'List domains whose every host is yours, such as corp.example.com.',
  }),
  cors: defaultedField({
    env: 'MCP_HTTP_CORS',
    schema: trueOrFalse,
    default: 'true',
    description:
      'Whether answers of the MCP endpoint carry CORS headers. Without them, browsers keep answers from pages of other origins, unless a load balancer adds them; which origins are refused stays the same.',
    remedy: 'Set true or false.',
  }),
  metadataCors: defaultedField({
    env: 'OAUTH_METADATA_CORS',
    schema: trueOrFalse,
    default: 'true',
    description:
      'Whether web pages of every origin may read the discovery documents. Without it, clients in browsers cannot find out where to sign in.',
    remedy: 'Set true or false.',
  }),
};

interface OriginValues {
  readonly corsMode: 'development' | 'production' | 'enterprise';
  readonly allowedDomains: readonly string[] | undefined;
}

interface OriginObjection {
  readonly key: 'allowedDomains';
  readonly problem: string;
  readonly remedy: string;
}

/** Domains without the mode would be ignored, and the mode without domains is the default under another name. */
function objectToDomains({ corsMode, allowedDomains }: OriginValues): OriginObjection[] {
  const isEnterprise = corsMode === 'enterprise';
  if (isEnterprise === (allowedDomains !== undefined)) return [];
  return isEnterprise
    ? [
        {
          key: 'allowedDomains',
          problem: 'is required with MCP_HTTP_CORS_MODE=enterprise',
          remedy: 'List domains such as corp.example.com, or remove MCP_HTTP_CORS_MODE.',
        },
      ]
    : [
        {
          key: 'allowedDomains',
          problem: 'has no effect without MCP_HTTP_CORS_MODE=enterprise',
          remedy:
            'Set MCP_HTTP_CORS_MODE=enterprise to let web pages of these domains in; to restrict people, use GITHUB_ORGANIZATION.',
        },
      ];
}

export const originChecks: readonly CrossCheck<typeof originFields>[] = [
  { needs: ['corsMode', 'allowedDomains'], check: objectToDomains },
];

/** Ours, those the operator listed, and what the mode adds to them. */
export function originRule(config: Origins): OriginRule {
  return {
    listed: [config.publicUrl, ...config.allowedOrigins],
    loopback: config.corsMode === 'development',
    domains: config.allowedDomains,
  };
}

interface Origins {
  readonly publicUrl: string;
  readonly allowedOrigins: readonly string[];
  readonly allowedDomains: readonly string[];
  readonly corsMode: OriginValues['corsMode'];
}
