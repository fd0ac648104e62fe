import { MayflyError, type FieldError, type Webhook } from '@mayfly/contracts';
import type { WebhookSettings } from './webhook-sender.ts';

/** Faults of a webhook, with pointers into the submission. */
export function findWebhookFaults(
  webhook: Webhook,
  settings: WebhookSettings | null,
): FieldError[] {
  if (!settings) {
    const detail =
      'cannot be used here: the operator must start the server with MAYFLY_WEBHOOK_SECRET';
    return [{ pointer: '/webhook', detail }];
  }
  const detail = faultOf(webhook.url, settings);
  return detail === null ? [] : [{ pointer: '/webhook/url', detail }];
}

function faultOf(text: string, settings: WebhookSettings): string | null {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return 'must be a complete http or https address';
  if (url.username !== '' || url.password !== '')
    return 'must not hold a user name or password; check the signature instead';
  if (settings.isRefused(url))
    return 'is a private address; the operator can allow these with --allow-private-webhooks';
  return null;
}

/** How an error of sending is recorded: short, for whom the task belongs to. */
export function describeFailure(error: unknown): string {
  const text = error instanceof MayflyError || error instanceof Error ? error.message : 'failed';
  return text.slice(0, 300);
}
