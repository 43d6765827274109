import { Store } from '@cascade/store';
import { Controller, Get, NotFoundException, Param, ParseUUIDPipe } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import type * as schema from './schema.js';
import { userMetadata } from './schema.js';

@Controller('users/:id/metadata')
export class UserMetadataController {
  constructor(private readonly store: Store<typeof schema>) {}

  @Get()
  async find(@Param('id', ParseUUIDPipe) id: string): Promise<typeof userMetadata.$inferSelect> {
    const [row] = await this.store.db.select().from(userMetadata).where(eq(userMetadata.userId, id));
    if (!row) throw new NotFoundException(`No event of a user ${id} has arrived yet.`);
    return row;
  }
}
