const none: readonly unknown[] = [];

/**
 * The lines of a header in the Lambda event of a request. API Gateway (v1) and load balancers list them in `multiValueHeaders`;
 * serverless-http keeps the event, and shows the app the last line alone.
 *
 * @param name - in lower case
 */
export function listEventLines(req: object, name: string): readonly unknown[] {
  const { apiGateway } = req as {
    readonly apiGateway?: { readonly event?: { readonly multiValueHeaders?: unknown } };
  };
  const lines = apiGateway?.event?.multiValueHeaders;
  if (typeof lines !== 'object' || lines === null) return none;
  return Object.entries(lines).flatMap(([each, values]: [string, unknown]) =>
    each.toLowerCase() === name ? values : none,
  );
}
