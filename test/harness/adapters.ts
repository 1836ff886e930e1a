// Hands requests to an app as adapters of platforms and of test tools do, without a socket.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type NodeModule from 'node:module';
import { runInThisContext } from 'node:vm';
import serverlessExpress from '@codegenie/serverless-express';
import type { Express } from 'express';
import type { inject as Inject } from 'light-my-request';
import serverless from 'serverless-http';

/** A request, as its client sends it. */
export interface AdapterRequest {
  readonly method?: string;
  /** Path and query. */
  readonly target: string;
  /** Header lines; the same name may occur twice. */
  readonly lines?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

export interface AdapterAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Adapter = (app: Express, request: AdapterRequest) => Promise<AdapterAnswer>;

interface LambdaAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}
type Lambda = (event: object, context: object) => Promise<LambdaAnswer>;

/** Loaded by Node itself: it requires an ES module, which jest cannot. */
const { createRequire } = runInThisContext('process.getBuiltinModule("node:module")') as typeof NodeModule;
const { inject } = createRequire(__filename)('light-my-request') as { readonly inject: typeof Inject };

/** Where the events say that their clients are. */
export const clientAddress = '192.0.2.1';
const host = 'api.example';

/** The same object in a CommonJS package that says it was an ES module, and in one that does not. */
const createCodegenie = ((serverlessExpress as { default?: unknown }).default ??
  serverlessExpress) as (options: { app: Express }) => unknown;

/** The name of each adapter, with the form of the event. */
export const adapters: readonly (readonly [name: string, adapter: Adapter])[] = [
  ['serverless-http with API Gateway v1', byLambda((app) => serverless(app), toEventV1)],
  ['serverless-http with API Gateway v2', byLambda((app) => serverless(app), toEventV2)],
  ['serverless-http with a load balancer', byLambda((app) => serverless(app), toBalancerEvent)],
  [
    '@codegenie/serverless-express with API Gateway v1',
    byLambda((app) => createCodegenie({ app }), toEventV1),
  ],
  [
    '@codegenie/serverless-express with API Gateway v2',
    byLambda((app) => createCodegenie({ app }), toEventV2),
  ],
  ['light-my-request', sendByInject],
];

/** Some hand the body out with the first read alone, say that the request is complete before that, and give no length. */
export const sendWithBodyInStreamOnly: Adapter = byLambda(
  (app) =>
    serverless(app, {
      request(req: { body?: unknown; headers: Record<string, unknown> }) {
        delete req.body;
        delete req.headers['content-length'];
      },
    }),
  toEventV2,
);

function byLambda(connect: (app: Express) => unknown, toEvent: (request: AdapterRequest) => object): Adapter {
  return async (app, request) => {
    const answer = await (connect(app) as Lambda)(toEvent(request), {});
    const several = Object.entries(answer.multiValueHeaders ?? {}).map(([name, [value]]) => [name, value]);
    const headers = { ...answer.headers, ...Object.fromEntries(several) } as Record<string, string>;
    return { status: answer.statusCode, headers, body: answer.body };
  };
}

/** Lines as they arrive: the gateway adds the host, and the length of a body. */
function listLines({ lines = [], body }: AdapterRequest): readonly (readonly [string, string])[] {
  const length = body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const];
  return [['Host', host], ...lines, ...length];
}

function groupLines(request: AdapterRequest): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of listLines(request)) (groups[name] ??= []).push(value);
  return groups;
}

/** `headers` has the last line of each header, `multiValueHeaders` all of them. */
function toEventV1(request: AdapterRequest): object {
  const { method: httpMethod = 'GET', target, body = null } = request;
  const url = new URL(target, `http://${host}`);
  const query = [...new Set(url.searchParams.keys())];
  const several = Object.fromEntries(query.map((name) => [name, url.searchParams.getAll(name)]));
  return {
    ...{
      version: '1.0',
      httpMethod,
      path: url.pathname,
      resource: url.pathname,
      body,
      isBase64Encoded: false,
    },
    headers: Object.fromEntries(listLines(request)),
    multiValueHeaders: groupLines(request),
    queryStringParameters: query.length === 0 ? null : Object.fromEntries(url.searchParams),
    multiValueQueryStringParameters: query.length === 0 ? null : several,
    requestContext: { identity: { sourceIp: clientAddress } },
  };
}

/** Names in lower case, and lines joined with a comma. */
function toEventV2(request: AdapterRequest): object {
  const { method = 'GET', target, body } = request;
  const { pathname, search } = new URL(target, `http://${host}`);
  const lines = Object.entries(groupLines(request));
  return {
    ...{ version: '2.0', routeKey: '$default', rawPath: pathname, rawQueryString: search.slice(1) },
    headers: Object.fromEntries(lines.map(([name, values]) => [name.toLowerCase(), values.join(',')])),
    ...{ body, isBase64Encoded: false },
    requestContext: { stage: '$default', http: { method, path: pathname, sourceIp: clientAddress } },
  };
}

/** With "multi value headers", a load balancer sends no others. */
function toBalancerEvent(request: AdapterRequest): object {
  const { headers: _headers, ...event } = toEventV1(request) as { readonly headers: unknown };
  return {
    ...event,
    requestContext: { elb: { targetGroupArn: 'arn' }, identity: { sourceIp: clientAddress } },
  };
}

async function sendByInject(app: Express, request: AdapterRequest): Promise<AdapterAnswer> {
  const { method = 'GET', target, body } = request;
  const dispatch = (req: IncomingMessage, res: ServerResponse): void => {
    // Express replaces the prototype of a response, in which light-my-request collects the body.
    const { write, end, writeHead } = res;
    app(req, Object.assign(res, { write, end, writeHead }));
  };
  const { statusCode, headers, payload } = await inject(dispatch as never, {
    ...{ method, url: target, headers: groupLines(request), remoteAddress: clientAddress },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: statusCode, headers: headers as Record<string, string>, body: payload };
}
