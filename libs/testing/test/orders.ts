import { IsString } from 'class-validator';

/** Event for the specs of this library. */
export class OrderPlaced {
  static readonly event = { name: 'order.placed', version: 1 };

  @IsString()
  readonly orderId!: string;

  constructor(orderId: string) {
    this.orderId = orderId;
  }
}

export class OrderBilled extends OrderPlaced {
  static override readonly event = { name: 'order.billed', version: 1 };
}
