export { DatabaseConfig } from './config/database-config.js';
export { InvalidConfigError } from './config/invalid-config-error.js';
export { readConfig } from './config/read-config.js';
export { ServiceConfig } from './config/service-config.js';
export { StreamConfig } from './config/stream-config.js';
export { isDatabaseUnavailable } from './http/database-unavailable.js';
export { HealthModule, type HealthOptions, type Parts } from './health/health.module.js';
export type { Part, PartState, ReadinessReport } from './health/readiness.js';
export {
  BrokenRulesException,
  ProblemException,
  type BrokenRule,
  type Problem,
  type ProblemOptions,
} from './http/problem.js';
export { RequestValidationPipe } from './http/request-validation.pipe.js';
export { createService } from './process/create-service.js';
export { ListenError, startService } from './process/start-service.js';
