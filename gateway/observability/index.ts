export { observeRequests } from './observe-requests.ts';
export { ROUTES_OF_PUBLIC_LISTENER } from './routes.ts';
