import type { Clock } from '@mayfly/contracts';
import type { WebhookSettings } from '@mayfly/core';
import { guardedLookup, isPrivateLiteral } from '@mayfly/worker';
import { Agent, request } from 'undici';
import type { WebhookConfig } from '../config.ts';

/** More of an answer is not read. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** Sends webhooks over HTTP. Names are checked where the connection is made, as in `http.request`. */
export function createWebhooks(
  { secret, allowPrivateAddresses }: WebhookConfig,
  clock: Clock,
): WebhookSettings {
  const agent = new Agent({
    connect: allowPrivateAddresses ? {} : { lookup: guardedLookup },
    keepAliveTimeout: 1000,
  });
  const isRefused = (url: URL): boolean => !allowPrivateAddresses && isPrivateTarget(url);
  return {
    secret,
    isRefused,
    async post(url, { headers, body, timeoutMs }) {
      if (isRefused(new URL(url))) throw new Error('The address is private and not allowed.');
      const timeout = new AbortController();
      const timer = clock.after(timeoutMs, () => {
        timeout.abort(new Error(`No answer within ${timeoutMs} ms.`));
      });
      try {
        const { signal } = timeout;
        const answer = await request(url, {
          method: 'POST',
          headers,
          body,
          dispatcher: agent,
          signal,
        });
        await answer.body.dump({ limit: ANSWER_BYTES_MAX, signal });
        return { status: answer.statusCode };
      } finally {
        timer.cancel();
      }
    },
  };
}

function isPrivateTarget(url: URL): boolean {
  const isLocalName = /(^|\.)localhost$/.test(url.hostname);
  return isLocalName || isPrivateLiteral(url);
}
