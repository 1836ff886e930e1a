// Executes operations of an OpenAPI document with swagger-client, which reads the document and makes the requests.
import SwaggerClient from 'swagger-client';

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { document, headers, operations } = JSON.parse(Buffer.concat(chunks).toString());

const { spec, errors } = await SwaggerClient.resolve({ spec: document });
if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));

const answers = [];
for (const { path, method, parameters, requestBody } of operations) {
  const response = await SwaggerClient.execute({
    spec,
    pathName: path,
    method,
    parameters,
    requestBody,
    requestInterceptor: (request) => Object.assign(request, { headers: { ...request.headers, ...headers } }),
  }).catch((error) => {
    // It rejects answers of 400 and more.
    if (error.response === undefined) throw error;
    return error.response;
  });
  const { status, url, body } = response;
  answers.push({ status, url, headers: response.headers, body: body ?? null });
}
console.log(JSON.stringify(answers));
