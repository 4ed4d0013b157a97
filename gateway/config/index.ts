export type { GatewayConfig, SideAddress } from './load-config.ts';
export { gatewayConfigFields, loadGatewayConfig, restrictionFields, sideAddresses } from './load-config.ts';
export type { GatewaySecrets } from './secrets.ts';
export { openGatewaySecrets } from './secrets.ts';
export {
  addressLimits,
  authorizationServerOptions,
  clientOptions,
  documentRules,
  edgeOptions,
  grantLifetimes,
  originRule,
  outgoingHttpOptions,
  scopePolicy,
} from './options.ts';
