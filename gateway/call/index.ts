export type { McpEndpoint } from './endpoint.ts';
export { createMcpEndpoint } from './endpoint.ts';
export { createMetadataRoutes } from './metadata.ts';
export type { OpenCalls } from './open-calls.ts';
export { createOpenCalls } from './open-calls.ts';
export { createStepUps } from './step-up.ts';
