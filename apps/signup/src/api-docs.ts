import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { SignupModule } from './signup.module.js';

/** Serves the OpenAPI page at `/docs` and the document at `/docs-json`. Nothing is loaded from the internet. */
export function serveApiDocs(app: NestFastifyApplication): void {
  const info = new DocumentBuilder()
    .setTitle('Signup')
    .setDescription('Accepts signups and announces each as the event `user.signed-up`.')
    .setVersion('1')
    .build();
  const document = () => SwaggerModule.createDocument(app, info, { include: [SignupModule] });
  SwaggerModule.setup('docs', app, document, { customSiteTitle: 'Signup API' });
}
