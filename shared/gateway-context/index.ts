export type { GatewayContext, GatewayContextSigner, GatewayContextVerifier } from './gateway-context.ts';
export { followGateKey, parseGateKeys } from './gate-key.ts';
export {
  createGatewayContextSigner,
  createGatewayContextVerifier,
  GATEWAY_CONTEXT_HEADER,
  REQUIRED_SCOPES_HEADER,
} from './gateway-context.ts';
