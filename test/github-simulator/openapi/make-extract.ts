import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

// Cuts the operations the simulator answers out of GitHub's OpenAPI description, which is far too large to depend on:
//   npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz   (in a folder outside this repository)
//   node test/github-simulator/openapi/make-extract.ts package/generated/api.github.com.json

const OPERATIONS = [
  '/search/code',
  '/repos/{owner}/{repo}',
  '/repos/{owner}/{repo}/contents/{path}',
  '/user',
  '/user/orgs',
  '/user/memberships/orgs',
  '/user/memberships/orgs/{org}',
  '/user/teams',
  '/orgs/{org}/teams/{team_slug}/memberships/{username}',
  '/rate_limit',
] as const;

const WEBHOOKS = [
  'github-app-authorization-revoked',
  'installation-created',
  'installation-deleted',
  'installation-suspend',
  'installation-unsuspend',
  'organization-member-added',
  'organization-member-removed',
  'membership-added',
  'membership-removed',
] as const;

/** Optional members the simulator does not send; their schemas would be most of the extract. */
const UNSENT = new Set(['enterprise', 'repository', 'repositories', 'requester']);

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(document: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), document);
}

/** Says nothing about what is valid, or is no JSON Schema. */
const DROPPED =
  /^(?:description|title|examples?|externalDocs|deprecated|discriminator|format|default|nullable|readOnly|x-.*)$/;
const HOLDS_SCHEMAS_BY_NAME = new Set(['properties', 'patternProperties']);

/** OpenAPI 3.0's `nullable` becomes JSON Schema, and documentation is left out. */
function toJsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (!isObject(schema)) return schema;
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (DROPPED.test(key)) continue;
    kept[key] =
      HOLDS_SCHEMAS_BY_NAME.has(key) && isObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toJsonSchema(each)]))
        : toJsonSchema(value);
  }
  return schema['nullable'] === true ? { anyOf: [kept, { type: 'null' }] } : kept;
}

/** Copies every component a schema leads to. */
function collect(description: unknown, schema: unknown, components: Map<string, unknown>): void {
  const names = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
  for (const [, name = ''] of names) {
    if (components.has(name)) continue;
    const component = toJsonSchema(at(description, 'components', 'schemas', name));
    components.set(name, component);
    collect(description, component, components);
  }
}

/** The schemas of one operation's answers, by status and media type. */
function responsesOf(description: unknown, path: string): Json {
  const responses = at(description, 'paths', path, 'get', 'responses');
  if (!isObject(responses)) throw new RangeError(`the description has no GET ${path}`);
  const byStatus: Record<string, Json> = {};
  for (const [status, response] of Object.entries(responses)) {
    const reference = at(response, '$ref');
    const name = typeof reference === 'string' ? reference.split('/').at(-1) : undefined;
    const resolved = name === undefined ? response : at(description, 'components', 'responses', name);
    const content = at(resolved, 'content');
    if (!isObject(content)) continue;
    byStatus[status] = Object.fromEntries(
      Object.entries(content).map(([type, media]) => [type, toJsonSchema(at(media, 'schema'))]),
    );
  }
  return byStatus;
}

/** The schema of one webhook's body. */
function webhookOf(description: unknown, name: string): unknown {
  const body = at(
    description,
    'x-webhooks',
    name,
    'post',
    'requestBody',
    'content',
    'application/json',
    'schema',
  );
  const reference = at(body, '$ref');
  if (typeof reference !== 'string') throw new RangeError(`the description has no webhook ${name}`);
  const schema = at(description, 'components', 'schemas', reference.split('/').at(-1) ?? '');
  const properties = at(schema, 'properties');
  if (!isObject(schema) || !isObject(properties)) throw new RangeError(`${name} is no object`);
  const sent = Object.entries(properties).filter(([property]) => !UNSENT.has(property));
  return toJsonSchema({ ...schema, properties: Object.fromEntries(sent) });
}

const { positionals } = parseArgs({ allowPositionals: true });
const [file] = positionals;
if (file === undefined) throw new RangeError('name the file api.github.com.json of @octokit/openapi');
const description: unknown = JSON.parse(readFileSync(file, 'utf8'));
const operations = Object.fromEntries(
  OPERATIONS.map((path) => [`GET ${path}`, responsesOf(description, path)]),
);
const webhooks = Object.fromEntries(WEBHOOKS.map((name) => [name, webhookOf(description, name)]));
const components = new Map<string, unknown>();
collect(description, { operations, webhooks }, components);
const extract = {
  source:
    'Answers of ten operations of api.github.com and nine webhooks, cut out of @octokit/openapi 23.0.2; see LICENSE',
  operations,
  webhooks,
  components: { schemas: Object.fromEntries([...components].sort(([a], [b]) => a.localeCompare(b))) },
};
writeFileSync(new URL('extract.json', import.meta.url), `${JSON.stringify(extract, null, 2)}\n`);
