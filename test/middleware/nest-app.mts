// An app in NestJS, started by `nestjs.test.ts`. Decorators are called as functions, so that no compiler is needed for them.
import 'reflect-metadata';
import {
  Catch,
  Controller,
  Get,
  Module,
  Post,
  Req,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type MiddlewareConsumer,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request, RequestHandler, Response } from 'express';
import { ApiKeysError, apiKeyOf, createApiKeys } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';

const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
  pepper: 'test-pepper-test-pepper-test-pepper!',
  store: memoryStore(),
  bcryptCost: 8,
  signatures: { origin: 'http://nest.example' },
});

/** What the guard of the package refuses is an error for Nest's filters. */
class ApiKeyGuard implements CanActivate {
  readonly #guard: RequestHandler;

  constructor(guard: RequestHandler) {
    this.#guard = guard;
  }

  canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    return new Promise((resolve, reject) => {
      this.#guard(http.getRequest<Request>(), http.getResponse<Response>(), (error?: unknown) => {
        if (error === undefined) resolve(true);
        else reject(error as Error);
      });
    });
  }
}

/** Answers with the headers of the refusal as well, which Nest's own filter leaves out. */
class ApiKeysFilter implements ExceptionFilter<ApiKeysError> {
  catch(error: ApiKeysError, host: ArgumentsHost): void {
    const res = host.switchToHttp().getResponse<Response>();
    res.status(error.status).set(error.headers).json({ code: error.problem, message: error.message });
  }
}
Catch(ApiKeysError)(ApiKeysFilter);

const next = { onRefusal: 'next' } as const;

class OrdersController {
  list(req: Request): object {
    return { owner: apiKeyOf(req).ownerId };
  }
  filtered(req: Request): object {
    return { owner: apiKeyOf(req).ownerId };
  }
  place(req: Request): object {
    return { owner: apiKeyOf(req).ownerId, body: req.body as unknown };
  }
  behindMiddleware(req: Request): object {
    return { owner: apiKeyOf(req).ownerId };
  }
}
type Method = 'list' | 'filtered' | 'place' | 'behindMiddleware';

function decorate(method: Method, ...decorators: readonly MethodDecorator[]): void {
  const { prototype } = OrdersController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method)!;
  for (const each of decorators) each(prototype, method, descriptor);
  Req()(prototype, method, 0);
}
decorate('list', Get(), UseGuards(new ApiKeyGuard(apiKeys.requireApiKey('orders:read', next))));
decorate(
  'filtered',
  Get('filtered'),
  UseGuards(new ApiKeyGuard(apiKeys.requireApiKey('orders:read', next))),
  UseFilters(new ApiKeysFilter()),
);
decorate(
  'place',
  Post(),
  UseGuards(new ApiKeyGuard(apiKeys.requireApiKey('orders:write', { ...next, signed: 'required' }))),
);
decorate('behindMiddleware', Get('behind-middleware'));
Controller('orders')(OrdersController);

class AppModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(apiKeys.requireApiKey('orders:read')).forRoutes('orders/behind-middleware');
  }
}
Module({ controllers: [OrdersController] })(AppModule);

await apiKeys.ready();
const app = await NestFactory.create<NestExpressApplication>(AppModule, { rawBody: true, logger: false });
// Nest would register its parser later, behind the router.
app.useBodyParser('json');
app.use('/api-keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }));
await app.listen(0, '127.0.0.1');

const keys = apiKeys.keys.as({ kind: 'application' });
const owner = { ownerId: 'alice', name: 'nest' } as const;
const reading = await keys.create({ ...owner, scopes: ['orders:read'] });
const writing = await keys.create({ ...owner, scopes: ['orders:write'] });
const limited = await keys.create({
  ...owner,
  scopes: ['orders:read'],
  rateLimits: [{ name: 'minute', limit: 1, windowSeconds: 60 }],
});
const signing = await keys.create({ ...owner, scopes: ['orders:write'], publicKey: process.argv[2] ?? '' });
process.on('disconnect', () => void app.close().then(() => apiKeys.close()));
process.send?.({
  url: await app.getUrl(),
  reading: { id: reading.id, key: reading.key },
  writing: writing.key,
  limited: limited.key,
  signing: signing.id,
});
