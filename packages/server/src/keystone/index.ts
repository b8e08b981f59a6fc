export type { CallerRequest } from "./access-rules.ts";
export { withoutIdentityHeaders } from "./identity-headers.ts";
export { openTokenValidator, type TokenValidatorPorts } from "./open-token-validator.ts";
export { policyCredentials } from "./policy-credentials.ts";
export { type UnauthorizedAnswer, unauthorizedAnswer } from "./refusal.ts";
export { connectServiceSession, serviceCloudOptions } from "./service-session.ts";
export { ProcessTokenCache, type TokenCache, type ValidToken } from "./token-cache.ts";
export {
  type Authentication,
  type TokenRequest,
  TokenValidator,
  type TokenValidatorOptions,
} from "./token-validator.ts";
