import { Consumes, ConsumesFailure, UnrecoverableError } from '@cascade/jetstream';
import { Controller } from '@nestjs/common';
import { IsInt, IsString, Length } from 'class-validator';

/** Event that is used only in these specs. */
export class OrderPlaced {
  static readonly event = { name: 'order.placed', version: 1 };

  @IsString()
  @Length(1, 20)
  readonly orderId!: string;

  @IsInt()
  readonly amount!: number;
}

export class OrderShipped {
  static readonly event = { name: 'order.shipped', version: 1 };

  @IsString()
  readonly orderId!: string;
}

export class AddressUnknownError extends UnrecoverableError {}

@Controller()
export class Shipping {
  @Consumes(OrderPlaced, {
    processor: 'shipping',
    publishes: [OrderShipped],
    attempts: 3,
    backoff: [500, 90_000],
    concurrency: 8,
    unrecoverable: [AddressUnknownError],
    retryOn: [TypeError],
    pause: false,
  })
  ship(): OrderShipped | undefined {
    return undefined;
  }
}

@Controller()
export class Complaints {
  @ConsumesFailure(OrderPlaced, { of: 'shipping', processor: 'complaints' })
  complain(): void {}
}

export const GOLDEN = {
  'order.placed.v1.json': { orderId: 'o-1', amount: 3 },
  'order.shipped.v1.json': { orderId: 'o-1' },
};
