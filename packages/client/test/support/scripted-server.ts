import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export interface ScriptedServer {
  url: string;
  requests: IncomingMessage[];
  close(): Promise<void>;
}

/** A server of HTTP that gives these answers, one a request; the last one again and again. */
export async function startScriptedServer(answers: Answer[]): Promise<ScriptedServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)] as Answer;
    requests.push(request);
    request.resume();
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The address of a port on which nobody listens. */
export async function deadUrl(): Promise<string> {
  const server = await startScriptedServer([]);
  await server.close();
  return server.url;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** Cuts the connection before there is an answer. */
export const hangUp: Answer = (response) => void response.socket?.destroy();

/** Takes the request and says nothing. */
export const silence: Answer = () => undefined;
