import { once } from 'node:events';
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that a test sends. */
export interface SampleRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly payload?: string | undefined;
}

/** What Express called for a request: the handlers of a route, or a function that is mounted. */
export interface Call {
  readonly kind: 'route' | 'function';
  /** The full path as the app wrote it; several where it gave an array of paths. */
  readonly paths: readonly string[];
  /** The name of the function; of a route, of the first handler that ran. */
  readonly name: string;
  /** The function that has called what it was called by: a router that a function keeps to itself. `null`: none. */
  readonly within: Call | null;
}

/** What became of a request. */
export interface Outcome {
  readonly status: number;
  /** The routes whose handlers ran, in this order. */
  readonly routes: readonly Call[];
  /** The mounted functions that ran, whether they passed the request on or not. */
  readonly functions: readonly Call[];
  /** What began the answer; `null`: Express itself, or a handler of errors. */
  readonly answeredBy: Call | null;
}

const traceHeader = 'x-trace';
type Path = string | RegExp;
interface Layer {
  readonly handle: ((...args: never[]) => unknown) & { readonly stack?: unknown };
  readonly route?: object | undefined;
}
interface Trace {
  /** Where the request is: the layers that it has entered and not left. */
  at: Place | null;
  readonly routes: Call[];
  readonly functions: Call[];
  answeredBy: Call | null;
}
interface Place {
  readonly layer: Layer;
  readonly paths: readonly string[];
  /** The outermost function on the way. */
  readonly within: Call | null;
}
type Run = (
  this: Layer,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => unknown;
type Register = (this: { readonly stack: Layer[] }, ...args: unknown[]) => unknown;

/**
 * Writes down what one copy of Express does with requests, from what it is told: the paths that an app gives to `use` and `route`,
 * and the layers that it runs for a request. It is put into the prototypes of that copy before the app is built.
 */
export class ExpressWatch {
  readonly #given = new WeakMap<Layer, readonly Path[]>();
  readonly #traces = new WeakMap<IncomingMessage, Trace>();
  readonly #mounted = new Set<string>();

  /** @param routerClass - `Router` of Express, whose layers are of the other class */
  constructor(routerClass: object, layerClass: { readonly prototype: object }) {
    const { prototype } = routerClass as { readonly prototype?: object };
    const methods = ('use' in routerClass ? routerClass : prototype) as Record<string, Register>;
    this.#watchRegistration(methods, 'use');
    this.#watchRegistration(methods, 'route');
    const layers = layerClass.prototype as Record<string, Run>;
    this.#watchRuns(layers, 'handleRequest' in layers ? 'handleRequest' : 'handle_request');
  }

  /** Every path that something was mounted at. */
  get mounted(): readonly string[] {
    return [...this.#mounted];
  }

  /** Serves an app, so that what Express does with each request is in its outcome. */
  async serve(app: RequestListener): Promise<WatchedServer> {
    const traces = new Map<string, Trace>();
    const server = createServer((req, res) => {
      const trace = traces.get(String(req.headers[traceHeader]));
      if (trace !== undefined) this.#follow(trace, req, res);
      app(req, res);
    });
    // On a busy machine a connection must not be closed while the next request is on its way.
    server.keepAliveTimeout = 120_000;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new WatchedServer(server, traces);
  }

  #follow(trace: Trace, req: IncomingMessage, res: ServerResponse): void {
    this.#traces.set(req, trace);
    const { writeHead } = res;
    res.writeHead = ((...args: never[]) => {
      trace.answeredBy ??= describeEnd(trace);
      return (writeHead as (...all: never[]) => unknown).apply(res, args);
    }) as never;
  }

  #watchRegistration(methods: Record<string, Register>, name: 'use' | 'route'): void {
    const original = methods[name] as Register;
    const given = this.#given;
    const mounted = this.#mounted;
    methods[name] = function register(...args) {
      const before = this.stack.length;
      const result = original.apply(this, args);
      const paths = readPaths(args[0]);
      for (const layer of this.stack.slice(before)) given.set(layer, paths);
      if (name === 'use') for (const path of paths) mounted.add(write(path));
      return result;
    };
  }

  #watchRuns(layers: Record<string, Run>, name: string): void {
    const original = layers[name] as Run;
    const given = this.#given;
    const traces = this.#traces;
    layers[name] = function run(req, res, next) {
      const trace = traces.get(req);
      if (trace === undefined) return original.call(this, req, res, next);
      const { at } = trace;
      const paths = given.get(this);
      // A layer without a path is a handler of the route that the request is in.
      if (paths !== undefined) enter(trace, this, joinPaths(at?.paths ?? [''], paths));
      else if (at?.layer.route !== undefined) noteRoute(trace, at, this);
      return original.call(this, req, res, (error) => {
        trace.at = at;
        next(error);
      });
    };
  }
}

/** A server whose requests are watched. */
export class WatchedServer {
  readonly #server: Server;
  readonly #traces: Map<string, Trace>;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });
  #count = 0;

  constructor(server: Server, traces: Map<string, Trace>) {
    this.#server = server;
    this.#traces = traces;
  }

  async send({ method, url, headers = {}, payload = '' }: SampleRequest): Promise<Outcome> {
    const trace: Trace = { at: null, routes: [], functions: [], answeredBy: null };
    this.#count += 1;
    const id = String(this.#count);
    this.#traces.set(id, trace);
    const { port } = this.#server.address() as AddressInfo;
    const length = payload === '' ? {} : { 'content-length': String(Buffer.byteLength(payload)) };
    const sent = httpRequest({
      ...{ port, host: '127.0.0.1', method, path: url, agent: this.#agent },
      headers: { ...headers, ...length, [traceHeader]: id },
    }).end(payload);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    this.#traces.delete(id);
    return { ...trace, status: answer.statusCode ?? 0 };
  }

  /** @returns the outcomes in the order of the requests */
  async sendAll(requests: readonly SampleRequest[]): Promise<readonly Outcome[]> {
    return Promise.all(requests.map((request) => this.send(request)));
  }

  close(): void {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function enter(trace: Trace, layer: Layer, paths: readonly string[]): void {
  const within = trace.at?.within ?? null;
  const call: Call = { kind: 'function', paths, name: layer.handle.name || '<anonymous>', within };
  const isFunction = layer.route === undefined && !isRouter(layer);
  if (isFunction) trace.functions.push(call);
  trace.at = { layer, paths, within: within ?? (isFunction ? call : null) };
}

function noteRoute({ routes }: Trace, { paths, within }: Place, { handle }: Layer): void {
  if (routes.at(-1)?.paths !== paths) routes.push({ kind: 'route', paths, name: handle.name, within });
}

function describeEnd({ at, routes, functions }: Trace): Call | null {
  // Routers and apps answer nothing, except for the list of methods.
  if (at === null || isRouter(at.layer)) return null;
  return (at.layer.route === undefined ? functions : routes).find(({ paths }) => paths === at.paths) ?? null;
}

function isRouter({ handle: { stack, name } }: Layer): boolean {
  return stack !== undefined || name === 'mounted_app';
}

/** Of the first argument of `use` and `route`: without a path, it is `/`. */
function readPaths(first: unknown): readonly Path[] {
  const flat = [first].flat(Infinity);
  const paths = flat.filter((path): path is Path => typeof path === 'string' || path instanceof RegExp);
  return paths.length === 0 ? ['/'] : paths;
}

function write(path: Path): string {
  return typeof path === 'string' ? path : `[${String(path)}]`;
}

function joinPaths(before: readonly string[], paths: readonly Path[]): readonly string[] {
  return before.flatMap((one) =>
    paths.map((path) => {
      const base = one.replace(/\/$/, '');
      return base !== '' && path === '/' ? base : base + write(path);
    }),
  );
}
