import { BrokenRulesException } from '@cascade/service';
import { Injectable, ParseUUIDPipe } from '@nestjs/common';

@Injectable()
export class SignupIdPipe extends ParseUUIDPipe {
  constructor() {
    super({
      exceptionFactory: () =>
        new BrokenRulesException([{ field: 'id', rule: 'isUuid', message: 'id must be a UUID' }]),
    });
  }
}
