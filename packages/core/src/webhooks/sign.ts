import { createHmac } from 'node:crypto';

/** What a receiver checks, as standardwebhooks.com has it. */
export interface SignedHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * Signs a body with HMAC-SHA256.
 *
 * @param secret any text, or `whsec_` and base64
 * @param atMs wall clock in milliseconds
 */
export function signWebhook(secret: string, id: string, atMs: number, body: string): SignedHeaders {
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
  const seconds = String(Math.floor(atMs / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${signature}`,
  };
}
