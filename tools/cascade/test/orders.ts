import { Consumes, UnrecoverableError } from '@cascade/jetstream';
import { Controller } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { IsOptional, IsString } from 'class-validator';

export class OrderPlaced {
  static readonly event = { name: 'order.placed', version: 1 };

  @IsString()
  readonly orderId!: string;

  /** Note that makes the processor fail: `declined` or `flaky`. */
  @IsOptional()
  @IsString()
  readonly note?: string;

  constructor(fields: OrderPlaced) {
    Object.assign(this, fields);
  }
}

export class OrderConfirmed {
  static readonly event = { name: 'order.confirmed', version: 1 };

  @IsString()
  readonly orderId!: string;

  constructor(fields: OrderConfirmed) {
    Object.assign(this, fields);
  }
}

export class CardDeclined extends UnrecoverableError {}

/** Simulated bank, which accepts cards only while `isOpen` is true. */
export const bank = { isOpen: false };

/** Controller of two processors. `billing` fails if the bank is closed and the order's note is `declined` or `flaky`. */
@Controller()
export class Shop {
  @Consumes(OrderPlaced, {
    processor: 'billing',
    publishes: [OrderConfirmed],
    backoff: 600_000,
    pause: { failures: 3, firstProbe: 600_000, maxProbe: 600_000 },
  })
  bill(@Payload() { orderId, note }: OrderPlaced): OrderConfirmed {
    if (!bank.isOpen && note === 'declined') throw new CardDeclined('no funds on\u001b[31m the card');
    if (!bank.isOpen && note === 'flaky') throw new Error('the bank is closed');
    return new OrderConfirmed({ orderId });
  }

  @Consumes(OrderConfirmed, { processor: 'packing' })
  pack(): void {}
}
