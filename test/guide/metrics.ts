import { expect } from 'vitest';
import type { Row } from './row.ts';

/** A series of the metric with exactly the guide's labels. */
const works = (name: string, series: RegExp): Row => ({
  area: 'metric',
  name,
  outcome: 'works',
  prove: ({ metrics }) => expect(metrics).toMatch(series),
});

/** Every metric the guide names, with its labels. */
export const metrics: readonly Row[] = [
  works(
    'octocode_mcp_http_requests_total{method,route,status_code}',
    /^octocode_mcp_http_requests_total\{method="POST",route="\/mcp",status_code="200"\} 1$/m,
  ),
  works(
    'octocode_mcp_http_request_duration_seconds{method,route}',
    /^octocode_mcp_http_request_duration_seconds_bucket\{le="0\.1",method="POST",route="\/mcp"\} 1$/m,
  ),
  works('octocode_mcp_oauth_tokens_issued_total', /^octocode_mcp_oauth_tokens_issued_total 1$/m),
  works(
    'octocode_mcp_oauth_token_validations_total{result}',
    /^octocode_mcp_oauth_token_validations_total\{result="invalid"\} 1$/m,
  ),
  works(
    'octocode_mcp_github_api_calls_total{endpoint,status}',
    /^octocode_mcp_github_api_calls_total\{endpoint="\/user",status="200"\} 1$/m,
  ),
  works('octocode_mcp_active_connections', /^octocode_mcp_active_connections 1$/m),
];
