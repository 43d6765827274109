import { IsInt, IsOptional, IsString, Length } from 'class-validator';

/** Event that only these specs use. */
export class OrderPlaced {
  static readonly event = { name: 'order.placed', version: 1 };

  @IsString()
  @Length(1, 20)
  readonly orderId!: string;

  @IsInt()
  readonly amount!: number;

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
  @Length(1, 20)
  readonly orderId!: string;

  constructor(fields: OrderConfirmed) {
    Object.assign(this, fields);
  }
}

export class InvoiceIssued {
  static readonly event = { name: 'invoice.issued', version: 1 };

  @IsString()
  readonly orderId!: string;

  constructor(fields: InvoiceIssued) {
    Object.assign(this, fields);
  }
}
