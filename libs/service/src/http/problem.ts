import { HttpException, HttpStatus } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';

/** Rule that a request breaks. */
export interface BrokenRule {
  /** Path of the field, such as `address.city`; `body` for the whole body, or the name of a header. */
  field: string;
  rule: string;
  message: string;
}

/** Problem details, as defined in RFC 9457. */
export interface Problem {
  /** Always `about:blank`, which means that the status explains the problem. */
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** Every rule that the request breaks. */
  errors?: readonly BrokenRule[];
}

export interface ProblemOptions extends ErrorOptions {
  errors?: readonly BrokenRule[];
  /** Headers of the response, such as `retry-after` in seconds. */
  headers?: Readonly<Record<string, string>>;
}

/** Thrown to answer a request with a problem that Nest's exceptions cannot express. */
export class ProblemException extends HttpException {
  readonly errors: readonly BrokenRule[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: HttpStatus, detail: string, { errors, headers = {}, ...options }: ProblemOptions = {}) {
    super(detail, status, options);
    this.errors = errors;
    this.headers = headers;
  }
}

/** Thrown if a request breaks rules. The response has the status 400 and lists every broken rule. */
export class BrokenRulesException extends ProblemException {
  constructor(errors: readonly BrokenRule[], options: ErrorOptions = {}) {
    const [first] = errors;
    const detail =
      first && errors.length === 1 ? `${first.message}.` : `The request breaks ${errors.length} rules.`;
    super(HttpStatus.BAD_REQUEST, detail, { ...options, errors });
  }
}

export function problemOf(status: number, detail?: string, errors?: readonly BrokenRule[]): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail ? { detail } : {}),
    ...(errors ? { errors } : {}),
  };
}
