import { RESOURCE_PATHS } from '../../shared/resources.ts';
import { resourceMetadataPath, ROUTES, SERVER_METADATA_PATHS } from './routes.ts';

const SERVED: readonly string[] = [
  '/',
  '/health',
  ...RESOURCE_PATHS,
  ...['', ...RESOURCE_PATHS].map(resourceMetadataPath),
  ...SERVER_METADATA_PATHS,
  ...Object.values(ROUTES),
  // Where the library goes on once an interaction was answered.
  `${ROUTES.authorization}/:uid`,
  `${ROUTES.device}/:uid`,
];

const EXACT = new Set(SERVED.filter((route) => !route.includes(':')));
const PATTERNS = SERVED.filter((route) => route.includes(':')).map(
  (route) => [new RegExp(`^${route.replace(/:\w+/g, '[^/]+')}$`), route] as const,
);

/** Every route of the public listener, as metrics and logs name them; no path of a client ever becomes a label. */
export const ROUTES_OF_PUBLIC_LISTENER: readonly string[] = SERVED;

/** The route a path belongs to, `other` when none. */
export function routeOf(path: string): string {
  if (EXACT.has(path)) return path;
  return PATTERNS.find(([pattern]) => pattern.test(path))?.[1] ?? 'other';
}
