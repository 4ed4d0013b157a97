export { createMcpEndpoint } from './endpoint.ts';
export { createMetadataRoutes } from './metadata.ts';
export { createOpenCalls } from './open-calls.ts';
export { createStepUps } from './step-up.ts';
